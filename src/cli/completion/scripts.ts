// The completion scripts of the three shells, from the same words. What is no flag, command or choice is a file name: the
// shell's own completion goes on there.
import type {CommandWords, FlagWords} from './words.ts';

export const shells = ['bash', 'fish', 'zsh'] as const;
export type Shell = (typeof shells)[number];

export const completionScript = (shell: Shell, commands: readonly CommandWords[]): string =>
  `${scripts[shell](commands).join('\n')}\n`;

const scripts: Readonly<Record<Shell, (commands: readonly CommandWords[]) => readonly string[]>> = {bash, fish, zsh};

function bash(commands: readonly CommandWords[]): readonly string[] {
  const cases = commands.map(({id, flags, choices}) => {
    const values = flags.filter(({takesValue}) => takesValue).flatMap(flag => spellings(flag));
    return [
      `    ${id})`,
      `      flags='${flags.flatMap(flag => spellings(flag)).join(' ')}'`,
      `      valued='${values.join(' ')}'`,
      `      choices='${choices.join(' ')}' ;;`,
    ];
  });
  return [
    '# bash completion for cni-hook',
    '_cni_hook() {',
    `  local word=\${COMP_WORDS[COMP_CWORD]} flags= valued= choices=`,
    '  COMPREPLY=()',
    '  if ((COMP_CWORD == 1)); then',
    `    COMPREPLY=($(compgen -W '${commands.map(({id}) => id).join(' ')} --help --version' -- "$word"))`,
    '    return',
    '  fi',
    `  case \${COMP_WORDS[1]} in`,
    ...cases.flat(),
    '  esac',
    `  if [[ " $valued " == *" \${COMP_WORDS[COMP_CWORD - 1]} "* ]]; then`,
    '    return',
    '  elif [[ $word == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$flags" -- "$word"))',
    '  elif ((COMP_CWORD == 2)); then',
    '    COMPREPLY=($(compgen -W "$choices" -- "$word"))',
    '  fi',
    '}',
    'complete -o default -F _cni_hook cni-hook',
  ];
}

function zsh(commands: readonly CommandWords[]): readonly string[] {
  const cases = commands.map(({id, flags, choices}) => [
    `    ${id})`,
    '      _arguments \\',
    ...flags.flatMap(flag => spellings(flag).map(name => `        ${quoted(zshFlag(name, flag))} \\`)),
    `        ${choices.length > 0 ? quoted(`1:${id}:(${choices.join(' ')})`) : "'*:file:_files'"} ;;`,
  ]);
  return [
    '#compdef cni-hook',
    '_cni_hook() {',
    '  local -a commands',
    '  commands=(',
    ...commands.map(({id, summary}) => `    ${quoted(`${id}:${summary}`)}`),
    '  )',
    '  if ((CURRENT == 2)); then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    `  local command=\${words[2]}`,
    '  shift words',
    '  ((CURRENT--))',
    '  case $command in',
    ...cases.flat(),
    '  esac',
    '}',
    // Sourced, it has to be made known; as a file of the fpath it is the function itself.
    `if [[ \${funcstack[1]} == _cni_hook || \${funcstack[1]} == _cni-hook ]]; then _cni_hook "$@"; else compdef _cni_hook cni-hook; fi`,
  ];
}

const zshFlag = (name: string, {summary, takesValue}: FlagWords): string =>
  `${name}[${summary.replaceAll(/[[\]:\\]/g, '\\$&')}]${takesValue ? ':value:_files' : ''}`;

function fish(commands: readonly CommandWords[]): readonly string[] {
  return [
    '# fish completion for cni-hook',
    ...commands.map(
      ({id, summary}) => `complete -c cni-hook -n __fish_use_subcommand -f -a ${id} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(({id, flags, choices}) => [
      ...flags.map(flag => `complete -c cni-hook -n '__fish_seen_subcommand_from ${id}' ${fishFlag(flag)}`),
      ...(choices.length > 0
        ? [`complete -c cni-hook -n '__fish_seen_subcommand_from ${id}' -f -a ${quoted(choices.join(' '))}`]
        : []),
    ]),
  ];
}

const fishFlag = ({name, char, summary, takesValue}: FlagWords): string =>
  [`-l ${name}`, ...(char ? [`-s ${char}`] : []), ...(takesValue ? ['-r'] : []), `-d ${quoted(summary)}`].join(' ');

const spellings = ({name, char}: FlagWords): readonly string[] => [`--${name}`, ...(char ? [`-${char}`] : [])];

/** For every shell: a quote in it ends the quoting, stands escaped, and begins it anew. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
