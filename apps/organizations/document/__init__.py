"""The settings document of an organization (C11): its schema, its checks, its differences."""
