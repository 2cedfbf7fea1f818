"""`python -m manyeyes` is `manyeyes`."""

from manyeyes.cli.main import main

if __name__ == "__main__":
    main()
