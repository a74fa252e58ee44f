// Clients of the app under test.
import { init, i, setInstantWarningsEnabled } from "@instantdb/admin";

setInstantWarningsEnabled?.(false);

export const appId = process.env.TARGET_APP;
export const apiURI = process.env.TARGET_URL;
export const NOBODY = "00000000-0000-4000-8000-000000000000";

/** The admin, who says nothing of a schema. */
export const admin = () => init({ appId, apiURI, adminToken: process.env.TARGET_TOKEN });

const schema = i.schema({
  entities: {
    teams: i.entity({ name: i.string() }),
    players: i.entity({ name: i.string() }),
  },
  links: {
    playersTeam: {
      forward: { on: "players", has: "one", label: "team" },
      reverse: { on: "teams", has: "many", label: "players" },
    },
  },
});

/** The admin with a schema: links to one are objects then, and unknown names are refused. */
export const typed = () => init({ appId, apiURI, adminToken: process.env.TARGET_TOKEN, schema });

/** What `assert.rejects` asks of an error of the server. */
export const refused = (type) => (error) => {
  if (error.body?.type !== type) throw error;
  return error.name === "InstantAPIError" && error.status === 400;
};

/** A request of the admin that the client has no method for. */
export async function post(path, body) {
  const answer = await fetch(`${apiURI}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "app-id": appId,
      authorization: `Bearer ${process.env.TARGET_TOKEN}`,
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
