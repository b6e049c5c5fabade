"""What the data means, and the mathematics on it: settings, clock, money, ledger, documents.

The folder name means neither LLMs nor an ORM: things of an LLM are called `llm_model` here.
"""
