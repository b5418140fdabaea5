//! Finds the files that a command line names, wherever in a text the name appears.

use std::path::{Path, PathBuf};

/// Programs that run the file which is their first argument, without digits at the end of their names.
const INTERPRETERS: [&str; 17] = [
    "bash", "bun", "dash", "deno", "julia", "ksh", "lua", "luajit", "node", "perl", "php", "pypy",
    "python", "rscript", "ruby", "vvp", "zsh",
];

/// The files with absolute paths in a text, in order: `--data=/a/x.json`, `sh -c "… /a/x.json"`, `/a:/b`.
pub(super) fn files_in(text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next_start(text, from) {
        // The longest name that is a file: names may have blanks, colons and all else in them.
        let file = ends(text, start).find(|&end| Path::new(&text[start..end]).is_file());
        match file {
            Some(end) => {
                found.push(PathBuf::from(&text[start..end]));
                from = end;
            }
            None => from = start + 1,
        }
    }
    found
}

fn next_start(text: &str, from: usize) -> Option<usize> {
    let starts = |at: &usize| {
        let rest = &text[*at..];
        let before = text[..*at].chars().next_back();
        let is_free = before.is_none_or(|c| !c.is_alphanumeric() && !"_-./\\".contains(c));
        let has_drive = || {
            let mut chars = rest.chars();
            chars.next().is_some_and(|c| c.is_ascii_alphabetic())
                && chars.next() == Some(':')
                && matches!(chars.next(), Some('/' | '\\'))
        };
        is_free && (rest.starts_with('/') || (cfg!(windows) && has_drive()))
    };
    let places = text.char_indices().map(|(at, _)| at);
    places.filter(|at| *at >= from).find(starts)
}

/// Where a name that begins at `start` may end, the furthest first.
fn ends(text: &str, start: usize) -> impl Iterator<Item = usize> {
    let is_end = |c: char| c.is_whitespace() || "\"'`=:,;()<>|&[]{}@#?*!$".contains(c);
    let mut ends: Vec<usize> = text[start..]
        .char_indices()
        .filter(|(_, c)| is_end(*c))
        .map(|(at, _)| start + at)
        .collect();
    ends.push(text.len());
    ends.into_iter().rev()
}

/// The argument that is the code which an interpreter runs; `None` if `program` is not a known one or
/// takes its code from elsewhere. `args` are filled in.
pub(super) fn code_argument(program: &str, args: &[String]) -> Option<usize> {
    let name = Path::new(program)
        .file_stem()?
        .to_string_lossy()
        .to_lowercase();
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let after = |option: &str| {
        let at = args.iter().position(|arg| arg == option)? + 1;
        args.get(at).map(|_| at)
    };
    match name {
        "java" => return after("-jar"),
        "awk" | "gawk" | "mawk" => return after("-f"),
        "sh" => {}
        name if INTERPRETERS.contains(&name) => {}
        _ => return None,
    }
    for (at, arg) in args.iter().enumerate() {
        if matches!(
            arg.as_str(),
            "-c" | "-e" | "-E" | "-m" | "-r" | "-p" | "--eval"
        ) {
            return None;
        }
        if !arg.starts_with('-') && Path::new(arg).is_file() {
            return Some(at);
        }
    }
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_are_found_wherever_a_text_names_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        for name in ["x.json", "a b.csv", "c:d"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let (x, blank, colon) = (path("x.json"), path("a b.csv"), path("c:d"));
        let check = |text: String, expected: &[&String]| {
            let found: Vec<String> = files_in(&text)
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{text}");
        };
        check(x.clone(), &[&x]);
        check(format!("--data={x}"), &[&x]);
        check(format!("cat '{blank}' <{x} | wc"), &[&blank, &x]);
        check(format!("{x}:{colon}:/nowhere"), &[&x, &colon]);
        check(format!("{x}l {}", dir.path().display()), &[]);
    }

    #[test]
    fn the_code_of_an_interpreter_is_its_first_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.py").display().to_string();
        fs::write(&file, "").unwrap();
        let check = |program: &str, args: &[&str], expected| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            assert_eq!(
                code_argument(program, &args),
                expected,
                "{program} {args:?}"
            );
        };
        check("python3.11", &["-u", &file, &file], Some(1));
        check("/usr/bin/python3", &[&file], Some(0));
        check("deno", &["run", &file], Some(1));
        check("sh", &["-c", "cat", &file], None);
        check("java", &["-jar", &file], Some(1));
        check("cat", &[&file], None);
    }
}
