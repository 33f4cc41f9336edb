"""The search tree of one question: nodes are paths, each path stands in it once."""

from dataclasses import dataclass, field

from mcts.trace import Execution, Path, SearchTrace


@dataclass(slots=True, eq=False)
class Node:
    """A path and what the simulations through it brought.

    `root_visits` is the root's visit count when this node was last backed up through. A node
    `is_exhausted` when it can get no further children, `is_explored` when nothing at or below it
    is left to run. `place` is its place among the executions, None while it was not run itself.
    """

    path: Path
    parent: "Node | None"
    children: list["Node"] = field(default_factory=list)
    visits: int = 0
    total_reward: float = 0.0
    root_visits: int = 0
    is_exhausted: bool = False
    is_explored: bool = False
    place: int | None = None
    correct: bool = False

    @property
    def open_children(self) -> list["Node"]:
        """The children at or below which something is left to run."""
        return [child for child in self.children if not child.is_explored]


class Tree:
    """Nodes by their paths; the root holds the full path."""

    def __init__(self, root_path: Path) -> None:
        self.root = Node(root_path, parent=None)
        self.executed: list[Node] = []
        self._paths = {root_path}

    def holds(self, path: Path) -> bool:
        """Whether some node of the tree has this path."""
        return path in self._paths

    def add_child(self, parent: Node, path: Path) -> Node:
        """A new node below `parent`; its path must not be in the tree yet."""
        child = Node(path, parent)
        parent.children.append(child)
        self._paths.add(path)
        return child

    def back_up(self, node: Node, correct: bool) -> None:
        """Record that `node` was run, and count its reward at every node up to the root."""
        node.place = len(self.executed)
        node.correct = correct
        self.executed.append(node)
        root_visits = self.root.visits + 1
        step: Node | None = node
        while step is not None:
            step.visits += 1
            step.total_reward += float(correct)
            step.root_visits = root_visits
            step = step.parent

    def mark_explored(self, node: Node) -> None:
        """Nothing is left to run at or below `node`; its ancestors may then be explored too."""
        node.is_explored = True
        parent = node.parent
        while parent is not None and parent.is_exhausted and not parent.open_children:
            parent.is_explored = True
            parent = parent.parent

    def trace(self) -> SearchTrace:
        """Every node that was run, in that order; the answers are not known here."""
        return SearchTrace(
            tuple(
                Execution(
                    path=node.path,
                    correct=node.correct,
                    answer=None,
                    parent=executed_parent(node),
                    visits=node.visits,
                    total_reward=node.total_reward,
                )
                for node in self.executed
            )
        )


def executed_parent(node: Node) -> int | None:
    """The place of the nearest ancestor that was run, None for the root."""
    ancestor = node.parent
    while ancestor is not None and ancestor.place is None:
        ancestor = ancestor.parent
    return None if ancestor is None else ancestor.place
