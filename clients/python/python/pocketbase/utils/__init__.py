"""Small tools: filters, tokens, types of options."""
