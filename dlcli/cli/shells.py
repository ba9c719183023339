"""How bash and zsh ask for completions, where typer's own scripts do not serve overrides.

Both shells need to be told that nothing follows ``model=`` but an option. Bash also cuts words at
``=`` and ``:``, so that it asks for ``cn`` where ``model=cn`` stands.
"""

from __future__ import annotations

import os
from typing import Any

from typer import _completion_classes, _completion_shared

# Where bash cuts a word (COMP_WORDBREAKS), of what overrides and runs contain.
BREAKS = ("=", ":")

BASH = r"""
%(complete_func)s() {
    local IFS=$'\n'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
                   %(autocomplete_var)s=complete_bash $1 ) )
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}

complete -o default -F %(complete_func)s %(prog_name)s
"""

ZSH = r"""
#compdef %(prog_name)s

%(complete_func)s() {
  local -a found open
  found=("${(@f)$(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" \
      %(autocomplete_var)s=complete_zsh %(prog_name)s)}")
  [[ -n $found ]] || { compset -P '*='; _files; return }
  open=(${(M)found:#*=(|:*)})
  found=(${found:#*=(|:*)})
  (( $#open )) && _describe -V '%(prog_name)s' open -S ''
  (( $#found )) && _describe -V '%(prog_name)s' found
}

compdef %(complete_func)s %(prog_name)s
"""


class Bash(_completion_classes.BashComplete):
    """Puts together the words that bash cut, and answers with what follows the cut."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The whole words before the one to complete, and that one."""
        words = os.environ["COMP_WORDS"].split("\n" if "\n" in os.environ["COMP_WORDS"] else None)
        position = int(os.environ["COMP_CWORD"])
        upto = words[1 : position + 1] + [""] * (position + 1 - len(words))
        whole = joined(upto)
        self._cut = len(whole[-1]) - len("" if upto[-1] in BREAKS else upto[-1]) if whole else 0
        return whole[:-1], whole[-1] if whole else ""

    def format_completion(self, item: Any) -> str:
        """The part of a candidate that bash puts in the place of its own word."""
        return str(item.value)[self._cut :]


class Zsh(_completion_classes.ZshComplete):
    """Answers with one ``value:description`` a line."""

    def format_completion(self, item: Any) -> str:
        """Colons of the value are escaped, as the first bare one ends it."""
        value = str(item.value).replace(":", r"\:")
        return f"{value}:{' '.join(item.help.split())}" if item.help else value

    def complete(self) -> str:
        """All candidates; none leaves it to the names of files."""
        candidates = self.get_completions(*self.get_completion_args())
        return "\n".join(self.format_completion(item) for item in candidates)


def joined(words: list[str]) -> list[str]:
    """Undo bash's cuts: ``model``, ``=``, ``cn`` is the one word ``model=cn``."""
    whole: list[str] = []
    glued = False
    for word in words:
        starts_with_cut = word in BREAKS
        if whole and (glued or starts_with_cut):
            whole[-1] += word
        else:
            whole.append(word)
        glued = starts_with_cut
    return whole


def register() -> None:
    """Take the place of typer's scripts and answers for these shells."""
    for shell, answers, script in (("bash", Bash, BASH), ("zsh", Zsh, ZSH)):
        _completion_classes.add_completion_class(answers, shell)  # type: ignore[attr-defined]
        _completion_shared._completion_scripts[shell] = script
