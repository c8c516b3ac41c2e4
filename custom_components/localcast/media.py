"""Items of the library as Home Assistant's media: their classes, their lists, and how they are found and played."""

import re
from typing import TYPE_CHECKING, Any

from homeassistant.components import media_source
from homeassistant.components.media_player import (
    BrowseError,
    BrowseMedia,
    MediaClass,
    MediaType,
    SearchError,
    SearchMedia,
    SearchMediaQuery,
    async_process_play_media_url,
)
from homeassistant.exceptions import HomeAssistantError
from yarl import URL

from .bridge import Message

if TYPE_CHECKING:
    from .media_player import LocalCastPlayer

# The class and the content type of each kind. Containers are what can be opened.
KINDS: dict[str, tuple[MediaClass, str]] = {
    "movie": (MediaClass.MOVIE, MediaType.MOVIE),
    "episode": (MediaClass.EPISODE, MediaType.EPISODE),
    "video": (MediaClass.VIDEO, MediaType.VIDEO),
    "track": (MediaClass.TRACK, MediaType.TRACK),
    "image": (MediaClass.IMAGE, MediaType.IMAGE),
    "show": (MediaClass.TV_SHOW, MediaType.TVSHOW),
    "season": (MediaClass.SEASON, MediaType.SEASON),
    "artist": (MediaClass.ARTIST, MediaType.ARTIST),
    "album": (MediaClass.ALBUM, MediaType.ALBUM),
    "genre": (MediaClass.GENRE, MediaType.GENRE),
    "folder": (MediaClass.DIRECTORY, "directory"),
    "playlist": (MediaClass.PLAYLIST, MediaType.PLAYLIST),
}
CONTAINERS = ("show", "season", "artist", "album", "genre", "folder", "playlist")
MUSIC = ("track", "album", "artist")
ROOT = (MediaClass.DIRECTORY, "root")

PAGE = 500  # the most that a browse answers
RESULTS = 50
ITEM = re.compile("[a-z2-7]{10}")
ADDRESS = re.compile("https?://", re.IGNORECASE)
SOURCES = "media-source://"


def kinds_of(wanted: str) -> list[str]:
    """Return the kinds that a class or a content type of Home Assistant means, none for one that is not ours."""
    return list(MUSIC) if wanted == MediaType.MUSIC else [kind for kind, names in KINDS.items() if wanted in names]


async def browse(player: LocalCastPlayer, content_type: str | None, content_id: str | None) -> BrowseMedia:
    """Return a container with what is in it: of the library, or of Home Assistant's own media."""
    if content_id and content_id.startswith(SOURCES):
        return await media_source.async_browse_media(
            player.hass, content_id, content_filter=lambda item: playable(player, item)
        )
    try:
        answer = await player.command("browse", limit=PAGE, **({"item": content_id} if content_id else {}))
    except HomeAssistantError as error:
        raise BrowseError(str(error)) from error
    page: Message = answer["data"]
    children = [listed(player, item) for item in page["results"]]
    if not content_id and "media_source" in player.hass.config.components:
        children.append(sources())
    media_class, content_type = next((names for names in KINDS.values() if content_type in names), ROOT)
    return BrowseMedia(
        media_class=media_class,
        media_content_id=content_id or "",
        media_content_type=content_type,
        title=page["title"] or "LocalCast",
        can_play=bool(content_id),
        can_expand=True,
        can_search=True,
        children=children,
        not_shown=max(0, page["total"] - len(page["results"])),
    )


async def search(player: LocalCastPlayer, query: SearchMediaQuery) -> SearchMedia:
    """Search the library, or one container of it. The first result is what play would start with the same words."""
    within = query.media_content_id
    if within and within.startswith(SOURCES):
        return await media_source.async_search_media(player.hass, within, query)
    arguments: dict[str, Any] = {"within": within} if within else {}
    if query.media_filter_classes:
        kinds = {kind for wanted in query.media_filter_classes for kind in kinds_of(wanted)}
        if not kinds:
            return SearchMedia(result=[])
        arguments["kind"] = sorted(kinds)
    try:
        answer = await player.command("search", query=query.search_query, limit=RESULTS, quiet=True, **arguments)
    except HomeAssistantError as error:
        raise SearchError(str(error)) from error
    return SearchMedia(result=[listed(player, item, alone=True) for item in answer["data"]["results"]])


async def what(player: LocalCastPlayer, content_type: str, content_id: str) -> Message:
    """Return the arguments that say what to play: an item, an address, or words to search for."""
    if content_id.startswith(SOURCES):
        found = await media_source.async_resolve_media(player.hass, content_id, player.entity_id)
        url = async_process_play_media_url(player.hass, found.url)
        words = URL(content_id).query.get("message")  # of what a voice shall say
        return {"url": url, "content_type": found.mime_type} | ({"title": words} if words else {})
    if ADDRESS.match(content_id) or content_id.startswith("/"):
        url = async_process_play_media_url(player.hass, content_id)
        return {"url": url, "content_type": content_type} if "/" in content_type else {"url": url}
    if ITEM.fullmatch(content_id):
        return {"item": content_id}
    kinds = kinds_of(content_type)
    return {"query": content_id, "kind": kinds} if kinds else {"query": content_id}


def listed(player: LocalCastPlayer, item: Message, *, alone: bool = False) -> BrowseMedia:
    """Return an item as a list shows it: alone, or below its parent, whose name it need not repeat."""
    media_class, content_type = KINDS.get(item["kind"], ROOT)
    title, subtitle = item["title"], item["subtitle"]
    if subtitle and alone:
        title = f"{title} · {subtitle}"
    elif subtitle and item["kind"] == "episode":
        title = subtitle
    container = item["kind"] in CONTAINERS
    return BrowseMedia(
        media_class=media_class,
        media_content_id=item["item"],
        media_content_type=content_type,
        title=title,
        can_play=item["playable"],
        can_expand=container,
        can_search=container,
        thumbnail=player.get_browse_image_url(content_type, item["item"], item["artwork"]) if item["artwork"] else None,
    )


def sources() -> BrowseMedia:
    """Return the entrance to Home Assistant's own media, speech among them."""
    return BrowseMedia(
        media_class=MediaClass.APP,
        media_content_id=SOURCES,
        media_content_type=MediaType.APP,
        title="Home Assistant",
        can_play=False,
        can_expand=True,
    )


def playable(player: LocalCastPlayer, item: BrowseMedia) -> bool:
    """Tell whether a device can play something of Home Assistant's own media."""
    family = item.media_content_type.partition("/")[0]
    return family == "audio" or (family in ("video", "image") and player.has_video)
