"""The samples of the document of the PocketBase client, letter by letter."""

from __future__ import annotations

#: Usage, sync client
SYNC_CLIENT = """
from pocketbase import PocketBase

pb = PocketBase('http://127.0.0.1:8090')

# authenticate as auth collection record
user_data = pb.collection('users').auth_with_password('test@example.com', '123456')

# list and filter "example" collection records
result = pb.collection('example').get_list(1, 20, {
    'filter': 'status = true && created > "2022-08-01 10:00:00"'
})

# and much more...
"""

#: Usage, async client
ASYNC_CLIENT = """
import asyncio
from pocketbase import AsyncPocketBase

async def main():
    async with AsyncPocketBase('http://127.0.0.1:8090') as pb:
        # authenticate
        user_data = await pb.collection('users').auth_with_password(
            'test@example.com',
            '123456'
        )

        # fetch records
        result = await pb.collection('example').get_list(1, 20)

        print(f"Logged in as: {pb.auth_store.record['email']}")

asyncio.run(main())
"""

#: Binding filter parameters
FILTER = """
records = pb.collection("example").get_list(1, 20, {
    # the same as: "title ~ 'te\\\\'st' && (totalA = 123 || totalB = 123)"
    "filter": pb.filter(
        "title ~ {:title} && (totalA = {:num} || totalB = {:num})",
        {"title": "te'st", "num": 123}
    )
})
"""

#: File upload, using file path
UPLOAD_PATH = """
from pathlib import Path

data = {
    'title': 'lorem ipsum...',
    'document': Path('./document.pdf'),
}

pb.collection('example').create(data)
"""

#: File upload, using file object
UPLOAD_FILE = """
with open('./document.pdf', 'rb') as f:
    data = {
        'title': 'lorem ipsum...',
        'document': f,
    }
    pb.collection('example').create(data)
"""

#: File upload, using tuple
UPLOAD_TUPLE = """
with open('./document.pdf', 'rb') as f:
    data = {
        'title': 'lorem ipsum...',
        'document': ('document.pdf', f.read(), 'application/pdf'),
    }
    pb.collection('example').create(data)
"""

#: Error handling
ERRORS = """
from pocketbase import PocketBase, ClientResponseError

pb = PocketBase('http://127.0.0.1:8090')

try:
    result = pb.collection('example').get_list(1, 50)
    print('Result:', result)
except ClientResponseError as e:
    print('Error:', e)
"""

#: Auth store, MemoryAuthStore
MEMORY_STORE = """
from pocketbase import PocketBase

pb = PocketBase('http://127.0.0.1:8090')
# MemoryAuthStore is used by default
"""

#: Auth store, FileAuthStore
FILE_STORE = """
from pocketbase import PocketBase
from pocketbase.stores import FileAuthStore

store = FileAuthStore('./pb_auth.json')
pb = PocketBase('http://127.0.0.1:8090', auth_store=store)

# Auth data will be saved to ./pb_auth.json
pb.collection('users').auth_with_password('test@example.com', '123456')

# On next run, auth data will be automatically loaded from the file
"""

#: Auth store, custom
CUSTOM_STORE = """
from pocketbase import PocketBase
from pocketbase.stores import BaseAuthStore

class CustomAuthStore(BaseAuthStore):
    def save(self, token: str, record: dict | None = None) -> None:
        super().save(token, record)
        # your custom business logic...
        print(f"Auth saved: {token[:20]}...")

    def clear(self) -> None:
        super().clear()
        # your custom cleanup logic...
        print("Auth cleared")

pb = PocketBase('http://127.0.0.1:8090', auth_store=CustomAuthStore())
"""

#: Auth store, listening
ON_CHANGE = """
# triggered everytime on store change
remove_listener1 = pb.auth_store.on_change(lambda token, record:
    print(f'New store data 1: {token}, {record}')
)

# triggered once right after registration and everytime on store change
remove_listener2 = pb.auth_store.on_change(
    lambda token, record: print(f'New store data 2: {token}, {record}'),
    fire_immediately=True
)

# (optional) removes the attached listeners
remove_listener1()
remove_listener2()
"""

#: Auto cancellation
CANCEL_DUPLICATES = """
pb.collection('example').get_list(1, 20)  # cancelled
pb.collection('example').get_list(2, 20)  # cancelled
pb.collection('example').get_list(3, 20)  # executed
"""

#: Auto cancellation, request keys
CANCEL_KEYS = """
pb.collection('example').get_list(1, 20)                           # cancelled
pb.collection('example').get_list(1, 20)                           # executed
pb.collection('example').get_list(1, 20, {"request_key": "test"})  # cancelled
pb.collection('example').get_list(1, 20, {"request_key": "test"})  # executed
pb.collection('example').get_list(1, 20, {"request_key": None})    # executed
pb.collection('example').get_list(1, 20, {"request_key": None})    # executed

# globally disable auto cancellation
pb.auto_cancellation(False)

pb.collection('example').get_list(1, 20)  # executed
pb.collection('example').get_list(1, 20)  # executed
pb.collection('example').get_list(1, 20)  # executed
"""

#: Type hints, TypedDict
TYPED_DICT = """
from typing import TypedDict
from pocketbase import PocketBase

class Task(TypedDict):
    id: str
    name: str
    completed: bool

pb = PocketBase('http://127.0.0.1:8090')

# Use type annotations for better IDE support
tasks: list[Task] = pb.collection('tasks').get_full_list()
task: Task = pb.collection('tasks').get_one('RECORD_ID')
"""

#: Type hints, dataclass
DATACLASS = """
from dataclasses import dataclass
from pocketbase import PocketBase

@dataclass
class Task:
    id: str
    name: str
    completed: bool = False

pb = PocketBase('http://127.0.0.1:8090')

# Fetch and convert to dataclass
data = pb.collection('tasks').get_one('RECORD_ID')
task = Task(**data)
"""

#: Custom request options
OPTIONS = """
pb.collection('example').get_list(1, 20, {
    'expand': 'someRel',
    'other_query_param': '123',

    # custom headers
    'headers': {
        'X-Custom-Header': 'example',
    },

    # request timeout in seconds
    'timeout': 30,
})
"""

#: Send hooks, before_send
BEFORE_SEND = """
from pocketbase import PocketBase

pb = PocketBase('http://127.0.0.1:8090')

def before_hook(url: str, options: dict) -> tuple[str, dict]:
    # Add custom header to all requests
    options.setdefault('headers', {})
    options['headers']['X-Custom-Header'] = 'example'
    return url, options

pb.before_send = before_hook

# use the created client as usual...
"""

#: Send hooks, after_send
AFTER_SEND = """
from pocketbase import PocketBase

pb = PocketBase('http://127.0.0.1:8090')

def after_hook(response: dict) -> dict:
    # do something with the response data
    print(f"Response received: {response}")

    # extend the data...
    response['additional_field'] = 123
    return response

pb.after_send = after_hook

# use the created client as usual...
"""

#: SSR integration, cookies
COOKIES = """
# update the store with the parsed data from the cookie string
pb.auth_store.load_from_cookie('pb_auth=...')

# exports the store data as cookie string
pb.auth_store.export_to_cookie(http_only=False)  # Output: 'pb_auth=...'
"""

#: SSR integration, FastAPI
FASTAPI = '''
from fastapi import FastAPI, Request, Response, Depends
from pocketbase import PocketBase
from pocketbase.stores import MemoryAuthStore

app = FastAPI()

async def get_pb(request: Request, response: Response):
    """Create PocketBase instance with cookie-based auth."""
    pb = PocketBase('http://127.0.0.1:8090')

    # load the store data from the request cookie string
    cookie = request.cookies.get('pb_auth', '')
    if cookie:
        pb.auth_store.load_from_cookie(f'pb_auth={cookie}')

    try:
        # get an up-to-date auth store state by verifying and refreshing
        if pb.auth_store.is_valid:
            pb.collection('users').auth_refresh()
    except Exception:
        # clear the auth store on failed refresh
        pb.auth_store.clear()

    yield pb

    # send back the 'pb_auth' cookie to the client with the latest store state
    response.set_cookie(
        key='pb_auth',
        value=pb.auth_store.export_to_cookie(),
        httponly=True,
        samesite='lax',
        secure=True,
    )

@app.post("/login")
async def login(request: Request, pb: PocketBase = Depends(get_pb)):
    data = await request.json()

    auth_data = pb.collection('users').auth_with_password(
        data['email'],
        data['password']
    )

    return {"message": "Success", "user": auth_data.record}

@app.get("/me")
async def get_current_user(pb: PocketBase = Depends(get_pb)):
    if not pb.auth_store.is_valid:
        return {"error": "Not authenticated"}

    return {"user": pb.auth_store.record}
'''

#: SSR integration, Flask
FLASK = '''
from flask import Flask, request, g, make_response
from pocketbase import PocketBase

app = Flask(__name__)

@app.before_request
def init_pb():
    """Initialize PocketBase client for each request."""
    g.pb = PocketBase('http://127.0.0.1:8090')

    # load the store data from the request cookie string
    cookie = request.cookies.get('pb_auth', '')
    if cookie:
        g.pb.auth_store.load_from_cookie(f'pb_auth={cookie}')

    try:
        # get an up-to-date auth store state by verifying and refreshing
        if g.pb.auth_store.is_valid:
            g.pb.collection('users').auth_refresh()
    except Exception:
        # clear the auth store on failed refresh
        g.pb.auth_store.clear()

@app.after_request
def save_pb_cookie(response):
    """Save PocketBase auth state to cookie."""
    if hasattr(g, 'pb'):
        response.set_cookie(
            'pb_auth',
            g.pb.auth_store.export_to_cookie(),
            httponly=True,
            samesite='Lax',
            secure=True,
        )
    return response

@app.route('/login', methods=['POST'])
def login():
    data = request.get_json()

    auth_data = g.pb.collection('users').auth_with_password(
        data['email'],
        data['password']
    )

    return {"message": "Success", "user": auth_data.record}

@app.route('/me')
def get_current_user():
    if not g.pb.auth_store.is_valid:
        return {"error": "Not authenticated"}, 401

    return {"user": g.pb.auth_store.record}
'''

#: SSR integration, Django
DJANGO = """
# middleware.py
from pocketbase import PocketBase

class PocketBaseMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Create PocketBase instance
        request.pb = PocketBase('http://127.0.0.1:8090')

        # Load auth from cookie
        cookie = request.COOKIES.get('pb_auth', '')
        if cookie:
            request.pb.auth_store.load_from_cookie(f'pb_auth={cookie}')

        try:
            # Verify and refresh auth
            if request.pb.auth_store.is_valid:
                request.pb.collection('users').auth_refresh()
        except Exception:
            request.pb.auth_store.clear()

        response = self.get_response(request)

        # Save auth to cookie
        response.set_cookie(
            'pb_auth',
            request.pb.auth_store.export_to_cookie(),
            httponly=True,
            samesite='Lax',
            secure=True,
        )

        return response

# views.py
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
import json

@csrf_exempt
def login(request):
    if request.method != 'POST':
        return JsonResponse({'error': 'Method not allowed'}, status=405)

    data = json.loads(request.body)

    auth_data = request.pb.collection('users').auth_with_password(
        data['email'],
        data['password']
    )

    return JsonResponse({'message': 'Success', 'user': auth_data.record})

def get_current_user(request):
    if not request.pb.auth_store.is_valid:
        return JsonResponse({'error': 'Not authenticated'}, status=401)

    return JsonResponse({'user': request.pb.auth_store.record})
"""

#: Definitions, creating new client instance
NEW_CLIENT = """
# Sync client
pb = PocketBase(base_url='http://127.0.0.1:8090/', auth_store=MemoryAuthStore())

# Async client
async with AsyncPocketBase(base_url='http://127.0.0.1:8090/', auth_store=MemoryAuthStore()) as pb:
    ...
"""

#: Definitions, BatchService
BATCH = """
# create a new batch instance
batch = pb.create_batch()

# register create/update/delete/upsert requests to the created batch
batch.collection('example1').create({...})
batch.collection('example2').update('RECORD_ID', {...})
batch.collection('example3').delete('RECORD_ID')
batch.collection('example4').upsert({...})

# send the batch request
result = batch.send()
"""
