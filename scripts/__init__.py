"""Tools of the working copy that are not part of the installed package."""
