"""Walks a live server's address space: its objects with their variables and methods, standard nodes left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from assistant.adapters.opcua_client import connect, hang_up
from assistant.errors import AssistantError
from assistant.settings.proposal import FoundMethod, FoundObject, FoundServer
from assistant.settings.security import Link

MOST_NODES = 20_000
"""Looked at before giving up: a server may be bigger than any line, or go round in circles."""


async def browse(endpoint: str, link: Link) -> FoundServer:
    """What a server shows in the namespace in which most of its objects are. Raises AssistantError."""
    try:
        client = await connect(endpoint, link, link.observer)
    except Exception as exc:
        raise AssistantError(f"{endpoint}: {exc or type(exc).__name__}") from exc
    try:
        return await _Walk(client).server(endpoint)
    except AssistantError:
        raise
    except Exception as exc:
        raise AssistantError(f"{endpoint}: could not be read to the end: {exc or type(exc).__name__}") from exc
    finally:
        await hang_up(client)


class _Walk:
    """One walk over one server."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seen: set[Any] = set()
        self._found: list[tuple[Any, FoundObject]] = []
        """Node id and object, for each object that has a variable or a method."""
        self._others: list[str] = []

    async def server(self, endpoint: str) -> FoundServer:
        from asyncua.ua.object_ids import ObjectIds

        await self._under(self._client.get_node(ObjectIds.ObjectsFolder))
        count = Counter(node.NamespaceIndex for node, _ in self._found)
        if not count:
            raise AssistantError(f"{endpoint}: shows no objects with variables or methods")
        index = count.most_common(1)[0][0]
        uris = await self._client.get_namespace_array()
        here = tuple(one for node, one in self._found if node.NamespaceIndex == index)
        away = [f"object {one.name} ({node.to_string()})" for node, one in self._found if node.NamespaceIndex != index]
        return FoundServer(endpoint, str(uris[index]), here, (*away, *self._others))

    async def _under(self, node: Any) -> None:
        """All objects below a node, each once."""
        from asyncua import ua

        waiting: list[tuple[Any, Any]] = [(node, None)]
        """Nodes to look under, each with how its parent described it; breadth first."""
        while waiting:
            node, description = waiting.pop(0)
            variables: dict[str, str] = {}
            methods: list[FoundMethod] = []
            for child in await self._children(node):
                if child.NodeId in self._seen or child.NodeId.NamespaceIndex == 0:
                    continue
                self._seen.add(child.NodeId)
                if len(self._seen) > MOST_NODES:
                    raise AssistantError(f"more than {MOST_NODES} nodes; is this the right server?")
                name = str(child.BrowseName.Name)
                if child.NodeClass == ua.NodeClass.Object:
                    waiting.append((self._client.get_node(child.NodeId), child))
                elif description is None or child.NodeId.NamespaceIndex != description.NodeId.NamespaceIndex:
                    self._others.append(f"{name} ({child.NodeId.to_string()})")
                elif child.NodeId.NodeIdType != ua.NodeIdType.String:
                    self._others.append(f"{name} of {description.BrowseName.Name} ({child.NodeId.to_string()})")
                elif child.NodeClass == ua.NodeClass.Variable:
                    variables[name] = str(child.NodeId.Identifier)
                else:
                    inputs = await self._inputs(self._client.get_node(child.NodeId))
                    methods.append(FoundMethod(name, str(child.NodeId.Identifier), inputs))
            if description is not None and (variables or methods):
                own = description.NodeId
                found = FoundObject(str(description.BrowseName.Name), str(own.Identifier), variables, tuple(methods))
                self._found.append((own, found))

    async def _children(self, node: Any) -> Iterable[Any]:
        from asyncua import ua
        from asyncua.ua.object_ids import ObjectIds

        mask = ua.NodeClass.Object | ua.NodeClass.Variable | ua.NodeClass.Method
        references: Iterable[Any] = await node.get_references(
            ObjectIds.HierarchicalReferences, ua.BrowseDirection.Forward, mask, includesubtypes=True
        )
        return references

    async def _inputs(self, method: Any) -> tuple[tuple[str, str], ...]:
        """A method's input arguments; none where it declares none."""
        from asyncua import ua
        from asyncua.ua.object_ids import ObjectIds

        for child in await method.get_references(ObjectIds.HasProperty, ua.BrowseDirection.Forward):
            if child.BrowseName.Name == "InputArguments":
                arguments = await self._client.get_node(child.NodeId).read_value()
                return tuple((str(one.Name or ""), _kind(one)) for one in arguments or ())
        return ()


def _kind(argument: Any) -> str:
    """Name of an argument's type; with brackets for a list, which is no plain text."""
    from asyncua import ua

    try:
        name = str(ua.VariantType(argument.DataType.Identifier).name)
    except (ValueError, TypeError):
        name = str(argument.DataType.to_string())
    return f"{name}[]" if argument.ValueRank >= 0 else name
