"""When things happen: the command line, the pipeline, the demo."""
