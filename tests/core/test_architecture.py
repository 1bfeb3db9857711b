"""The house rules that a program can check."""

from __future__ import annotations

import ast
import re
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING

import postgast

import wishkit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PACKAGE = Path(wishkit.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
QUERIES = sorted((PACKAGE / "postgres" / "queries").glob("*.sql"))
# Who may import whom: each layer itself, and those behind it.
LAYERS = ("interface", "commands", "postgres", "core")
# In front of the house: what a person, or pytest, comes in by. Nobody imports them.
DOORS = {"wishkit.__main__", "wishkit.pytest_plugin"}
DRIVERS = {"psycopg", "psycopg_pool", "psycopg_binary", "psycopg_c", "yoyo"}
LONGEST = 400  # lines; the aim is 300


def each(paths: Sequence[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """One test for all files, because there are many more files than seconds; it names each."""

    def decorate(check: Callable[[Path], None]) -> Callable[[], None]:
        @wraps(check)
        def test() -> None:
            wrong = {}
            for path in paths:
                try:
                    check(path)
                except AssertionError as error:
                    wrong[str(path.relative_to(PACKAGE))] = str(error)
            assert wrong == {}

        del test.__wrapped__  # pytest would take the path for a fixture
        return test

    return decorate


every_module = each(MODULES)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def layer(module: str) -> str | None:
    """The layer of ``wishkit.core.plan`` is ``core``; ``wishkit.errors`` has none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else None


def name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> set[str]:
    """Everything a module imports, also in functions and for type checking only."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and _called(node).endswith("import_module"):
            found |= {str(a.value) for a in node.args if isinstance(a, ast.Constant)}
    return found


def _called(node: ast.Call) -> str:
    """The last word of what is called."""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def roots(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imports(path)}


@every_module
def test_imports_flow_one_way(path: Path) -> None:
    own = layer(name(path))
    ours = {module for module in imports(path) if module.split(".")[0] == "wishkit"}
    layers = {found for module in ours if (found := layer(module))}
    if own:
        assert layers <= {*LAYERS[LAYERS.index(own) :]}
    elif name(path) not in DOORS:  # errors and config may be imported by all, so import none
        assert not layers
    assert not {module for module in ours if module.startswith((*DOORS,))}


@every_module
def test_only_the_plugin_knows_pytest(path: Path) -> None:
    # Who runs migrations need not have it.
    assert name(path) == "wishkit.pytest_plugin" or "pytest" not in roots(path)


@every_module
def test_only_postgres_talks_to_the_server(path: Path) -> None:
    if layer(name(path)) == "postgres":
        return
    typing_only = {
        module
        for node in nodes(path)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import)
        for module in (alias.name for alias in inner.names)
    }
    # The type of a connection may be named by commands, and by a door, which pass it on.
    passes = layer(name(path)) == "commands" or name(path) in DOORS
    allowed = typing_only if passes else set()
    assert not (roots(path) & DRIVERS) - allowed


@every_module
def test_only_statements_knows_the_parser(path: Path) -> None:
    loads = {
        node.value
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    if name(path) != "wishkit.core.statements":
        assert "postgast" not in roots(path)
        assert "postgast" not in loads


@every_module
def test_only_the_interface_prints_and_exits(path: Path) -> None:
    if layer(name(path)) == "interface" or path.name == "__main__.py":
        return
    calls = {ast.unparse(n.func) for n in nodes(path) if isinstance(n, ast.Call)}
    spoken = {"print", "input", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write"}
    assert not calls & (spoken | {"sys.stderr.write", "os.abort", "breakpoint"})
    assert not roots(path) & {"rich", "typer", "click"}
    raised = [n.exc for n in nodes(path) if isinstance(n, ast.Raise) and n.exc]
    assert not any("SystemExit" in ast.unparse(exception) for exception in raised)


@every_module
def test_names_docstrings_and_length(path: Path) -> None:
    banned = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not {*path.relative_to(PACKAGE).with_suffix("").parts} & banned
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    docstring = ast.get_docstring(tree(path))
    assert docstring, "one sentence says what the module is"
    assert len(docstring.split("\n\n")[0].splitlines()) == 1, "the first paragraph is one line"


def test_every_folder_is_a_package() -> None:
    folders = {path.parent for path in MODULES}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def codes() -> dict[str, str]:
    """Every code an error may have, with a place where it is given."""
    found: dict[str, str] = {}
    for path in MODULES:
        for node in nodes(path):
            values: list[ast.expr] = []
            if isinstance(node, ast.keyword) and node.arg == "code":
                values = [node.value]
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(ast.unparse(t).split(".")[-1] in {"code", "default_code"} for t in targets):
                    values = [node.value]
            for value in values:
                for constant in ast.walk(value):
                    if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                        found[constant.value] = f"{path.name}:{value.lineno}"
    del found["error"]  # the default of the class that nobody raises
    return found


def test_every_error_code_is_told_and_none_that_does_not_exist() -> None:
    raised = codes()
    told = re.findall(
        r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE
    )
    assert len(raised) > 100
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in raised)
    assert {code: place for code, place in raised.items() if code not in told} == {}
    assert [code for code in told if code not in raised] == []
    assert len(told) == len({*told})


def test_every_exit_status_is_told() -> None:
    from wishkit import errors  # noqa: PLC0415 - here it is data

    classes = [c for c in vars(errors).values() if isinstance(c, type)]
    raised = {c.exit_status for c in classes if issubclass(c, errors.WishkitError)} | {0, 101}
    told = re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)
    assert sorted(map(int, told)) == sorted(raised)


def test_every_class_of_errors_is_in_the_tree_that_the_module_draws() -> None:
    from wishkit import errors  # noqa: PLC0415 - here it is data

    drawn = dict(re.findall(r"[├└]── (\w+) +(\d+) ", errors.__doc__ or ""))
    classes = [
        c
        for c in vars(errors).values()
        if isinstance(c, type) and issubclass(c, errors.WishkitError)
    ]
    assert drawn == {c.__name__: str(c.exit_status) for c in classes if c.__subclasses__() == []}


@each(QUERIES)
def test_a_query_is_one_statement_with_a_comment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    # Placeholders of psycopg, and the schema's name, stand where the grammar wants a value.
    sql = re.sub(r"\{\w+\}", "x", re.sub(r"%\(\w+\)[sbt]|%s", "NULL", text)).replace("%%", "%")
    assert len(postgast.split(sql)) == 1


def test_every_query_is_used() -> None:
    strings = {
        node.value
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [path.stem for path in QUERIES if path.stem not in strings] == []


def test_nothing_speaks_of_this_machine() -> None:
    texts = [*MODULES, *QUERIES, *(ROOT / "docs").glob("*.md"), *(ROOT / "sql").rglob("*.sql")]
    spoken = re.compile(r"/work/|/home/\w|\bTODO\b|\bissue #?\d")
    assert [path.name for path in texts if spoken.search(path.read_text(encoding="utf-8"))] == []
