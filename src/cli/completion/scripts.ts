/**
 * What `cairn completion` prints. Each script hands the words over to the program and puts up what comes back; what can stand where
 * is said nowhere here.
 */
import type { Shell } from "./shells.ts";

/** For bash from 3.2 on, which is what macOS has. */
const BASH = `# bash completion for cairn
_cairn() {
  local IFS=$' \\t\\n' program=\${1/#\\~\\//$HOME/}
  # bash has cut the words at COMP_WORDBREAKS; what stands together on the line is one word.
  local rest=\${COMP_LINE:0:COMP_POINT} word i
  local words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i == 0)) || [[ $rest == [[:space:]]* || ( -z $rest && -z $word ) ]]; then
      rest=\${rest#"\${rest%%[![:space:]]*}"}
      words+=("")
    fi
    # Of the last word only what stands before the cursor.
    ((i == COMP_CWORD)) && word=$rest
    words[\${#words[@]} - 1]+=$word
    rest=\${rest#"$word"}
  done
  COMPREPLY=()
  local last=$((\${#words[@]} - 1)) first=1
  while IFS= read -r word; do
    ((first)) || COMPREPLY+=("$word")
    first=0
  done < <("$program" __complete --shell bash --breaks="$COMP_WORDBREAKS" --current="\${words[last]}" \\
    -- "\${words[@]:1:last-1}" 2>/dev/null)
}
complete -o nospace -F _cairn cairn
`;

const ZSH = `#compdef cairn
# zsh completion for cairn
_cairn() {
  local line value note kind=- prefix=
  local -a answer open whole
  local program=\${~\${(Q)words[1]}}
  answer=("\${(@f)$("$program" __complete --shell zsh --current="\${(Q)PREFIX}" \\
    -- "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
  for line in "\${answer[@]}"; do
    if [[ $line != *$'\\t'* ]]; then
      kind=$line
      continue
    fi
    value=\${line%%$'\\t'*} note=\${line#*$'\\t'}
    if [[ $value == *[/:] ]]; then
      open+=("\${value//:/\\\\:}:$note")
    else
      whole+=("\${value//:/\\\\:}:$note")
    fi
  done
  local found=1
  ((\${#whole})) && _describe -t names cairn whole && found=0
  ((\${#open})) && _describe -t names cairn open -S '' && found=0
  if [[ $kind == files || $kind == directories ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    if [[ $kind == files ]]; then
      _files && found=0
    else
      _files -/ && found=0
    fi
  fi
  return found
}
if [[ $funcstack[1] == _cairn ]]; then
  _cairn "$@"
else
  compdef _cairn cairn
fi
`;

const FISH = `# fish completion for cairn
function __cairn_complete
    set -l words (commandline -opc)
    set -l raw (commandline -ct)
    set -l current (string unescape -- $raw)
    or set current (string replace -r '^["\\']' '' -- $raw)
    set -l answer ($words[1] __complete --shell fish --current="$current" -- $words[2..-1] 2>/dev/null)
    set -l before (string match -r '^--[^=]*=' -- $current)
    set -l paths
    set -l path (string replace -r '^--[^=]*=' '' -- $current)
    switch "$answer[1]"
        case files
            set paths (__fish_complete_path $path)
        case directories
            set paths (__fish_complete_directories $path '')
    end
    for one in $paths
        printf '%s\\n' "$before$one"
    end
    for one in $answer[2..-1]
        printf '%s\\n' $one
    end
end
complete -c cairn -f -a '(__cairn_complete)'
`;

/** The word goes along by `--current=`: PowerShell before 7.3 drops arguments that are empty. */
const POWERSHELL = `# PowerShell completion for cairn
Register-ArgumentCompleter -Native -CommandName cairn -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $elements = @($commandAst.CommandElements)
    $before = @($elements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    $answer = @(& $elements[0].Extent.Text __complete --shell powershell "--current=$wordToComplete" '--' @before 2>$null)
    $answer | Select-Object -Skip 1 | ForEach-Object {
        $value, $note = $_ -split "\`t", 2
        if (-not $note) { $note = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $note)
    }
}
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};
