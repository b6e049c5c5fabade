"""The sandbox: a recorded workspace, and a loopback server that answers for it as Azure does."""
