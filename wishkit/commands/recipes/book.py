"""The recipes of ``wishkit new``: changes written out the way that stalls nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wishkit.commands.recipes import columns, constraints, enums, indexes

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.commands.recipes.draft import Draft
    from wishkit.core.request import Request
    from wishkit.postgres.trial import Trial


class Recipe(NamedTuple):
    """A recipe.

    Attributes:
        drafts: the migrations that it comes to, in order.
        example: what could stand behind its option.
    """

    drafts: Callable[[Trial, Request], tuple[Draft, ...]]
    example: str


# By name: ``not_null`` is the recipe of --not-null.
RECIPES: dict[str, Recipe] = {
    "index": Recipe(indexes.index, "'wishlist_items(user_id, store)'"),
    "unique": Recipe(indexes.unique, "'sets(user_id, set_number)'"),
    "not_null": Recipe(constraints.not_null, "wishlist_items.priority"),
    "check": Recipe(constraints.check, "'wishlist_items: piece_count > 0'"),
    "foreign_key": Recipe(
        constraints.foreign_key, "'sets.wishlist_item_id -> wishlist_items(id) ON DELETE SET NULL'"
    ),
    "column": Recipe(columns.column, "'wishlist_items.rating integer'"),
    "rename_column": Recipe(columns.rename_column, "wishlist_items.notes remarks"),
    "backfill": Recipe(
        columns.backfill, "'UPDATE wishlist_items SET priority = 0 WHERE priority IS NULL'"
    ),
    "enum_add": Recipe(enums.add, "wishlist_store Etsy --before Other"),
    "enum_remove": Recipe(enums.remove, "wishlist_store Etsy"),
    "enum_rename": Recipe(enums.rename, "wishlist_store Other Elsewhere"),
}
