"""`tensorflowjs completion SHELL`: prints what makes a shell complete the command."""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh", "fish")
EXAMPLES = """\
examples:
  source <(tensorflowjs completion bash)             in ~/.bashrc
  source <(tensorflowjs completion zsh)              in ~/.zshrc, after compinit
  tensorflowjs completion fish | source              in ~/.config/fish/config.fish
"""

# For zsh as well, which understands the completion of bash once told to.
_BASH = """\
_tensorflowjs() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
    if [[ $COMP_CWORD -eq 1 ]]; then
        words="{commands}"
    else
        case "${{COMP_WORDS[1]}}" in
{cases}
        esac
    fi
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 || $word == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    fi
}}
complete -o default -o bashdefault -F _tensorflowjs tensorflowjs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell you use")


def run(arguments: argparse.Namespace) -> None:
    print(script(arguments.shell), end="")


def script(shell: str) -> str:
    if shell == "fish":
        return _fish()
    start = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    cases = "\n".join(f'            {name}) words="{" ".join(flags)}" ;;' for name, flags in _flags().items())
    return start + _BASH.format(commands=" ".join(_flags()), cases=cases)


def _fish() -> str:
    from tensorflowjs.cli.main import COMMANDS

    lines = []
    for name, flags in _flags().items():
        what = COMMANDS[name][1].replace("'", "\\'")
        lines.append(f"complete -c tensorflowjs -n __fish_use_subcommand -a {name} -d '{what}'")
        for flag in flags:
            kind = f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"
            lines.append(f"complete -c tensorflowjs -n '__fish_seen_subcommand_from {name}' {kind}")
    return "\n".join(lines) + "\n"


def _flags() -> dict[str, list[str]]:
    """The flags of each sub-command."""
    from tensorflowjs.cli.main import COMMANDS, parser

    return {
        name: [flag for action in parser(name)._actions for flag in action.option_strings]  # argparse has no other way
        for name in COMMANDS
    }
