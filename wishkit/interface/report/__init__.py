"""Results as other programs read them: SARIF, JUnit, GitHub's annotations, GitLab's code quality.

Each format takes the same neutral ``Sheet``, so that every command that proves something about
migrations reports alike.
"""
