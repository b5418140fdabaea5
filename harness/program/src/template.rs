//! The template of a new scenario: a small shell script and its `scenario.toml`.

use std::path::PathBuf;

const SCENARIO: &str = r#"description = "running sums of the numbers in numbers.txt"
runtime = "instant"
code = ["sums.sh"]        # what is tested; every other file here is an input, whose changes are reported

# The program that produces the outputs. A bare name is looked up in PATH; a path is relative to this
# directory. {scenario} is this directory, {root} the one that holds scenarios/.
[command]
program = "sh"
args = ["{scenario}/sums.sh"]
stdin = "numbers.txt"

# One table per output: "stdout", or a file that the program writes in its working directory.
[[outputs]]
name = "sums"
from = "stdout"
format = "jsonl"          # one record per line; "json" for one document
stage = "sum"             # its stage in the causal order: list outputs in that order
tick = "n"                # the field of a record that holds its time

[outputs.keys]            # what identifies the elements of an array; "" is the document itself
"" = ["n"]
"#;

const PROGRAM: &str = r#"# Prints one record per line. Replace it with your own program.
n=0
sum=0
while read -r x; do
  n=$((n + 1))
  sum=$((sum + x))
  printf '{"n":%d,"sum":%d}\n' "$n" "$sum"
done
"#;

/// The files of a new scenario: a small shell script and what says how to read it.
pub(crate) fn template() -> Vec<(PathBuf, String)> {
    [
        ("scenario.toml", SCENARIO),
        ("sums.sh", PROGRAM),
        ("numbers.txt", "3\n1\n4\n1\n5\n"),
    ]
    .map(|(file, text)| (PathBuf::from(file), text.to_owned()))
    .to_vec()
}
