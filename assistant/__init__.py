"""line-assistant: a voice-first assistant for electronics lines.

The folders are the architecture, and imports go downward only::

    cli                     what a person types
    bootstrap               the one place that constructs anything
    adapters | turn | plant one engine a file | the turn | the reference plant's machines
    settings                site folder and data folder, read and checked
    ports                   what the turn needs of the world
    domain                  values and pure functions
    errors                  everything that can go wrong, as one tree
"""

__version__ = "0.1.0"
