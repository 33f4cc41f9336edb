"""The values of an expression with ± in it."""

from dart_math.nodes import Apply, Group, Matrix, Node, Quantity, Relation


def expand_signs(node: Node) -> Node:
    """Replace every expression with ± by the list of its values; signs of one kind go together."""
    if isinstance(node, Group) and node.kind in ("list", "set"):
        items: list[Node] = []
        for item in node.items:
            expanded = expand_signs(item)
            is_list = isinstance(expanded, Group) and expanded.kind == "list"
            items.extend(expanded.items if is_list and isinstance(expanded, Group) else (expanded,))
        return Group(node.kind, tuple(items), joiner=node.joiner)
    if isinstance(node, Relation) and node.operators == ("=",):
        values = expand_signs(node.terms[1])
        if isinstance(values, Group) and values.kind == "list":
            return Group("list", tuple(Relation(("=",), (node.terms[0], v)) for v in values.items))
        return Relation(("=",), (node.terms[0], values))
    plus, minus = _choose_sign(node, upper=True), _choose_sign(node, upper=False)
    return node if plus == minus else Group("list", (plus, minus))


def _choose_sign(node: Node, upper: bool) -> Node:
    if isinstance(node, Apply):
        args = tuple(_choose_sign(arg, upper) for arg in node.args)
        if node.name in ("±", "∓"):
            return args[0] if (node.name == "±") == upper else Apply("neg", args)
        return Apply(node.name, args)
    if isinstance(node, Group):
        items = tuple(_choose_sign(item, upper) for item in node.items)
        return Group(node.kind, items, node.left, node.right, node.joiner)
    if isinstance(node, Quantity):
        return Quantity(_choose_sign(node.value, upper), node.unit)
    if isinstance(node, Matrix):
        return Matrix(tuple(tuple(_choose_sign(c, upper) for c in row) for row in node.rows))
    return node
