//! Recognizes files that describe graphs in other formats, and says how to get an edge list from
//! each.

use super::{Code, Draft, Span};

/// The name of a format, and how to make an edge list of `FILE`.
struct Format {
    name: &'static str,
    how: &'static str,
}

const GRAPHML: Format = Format {
    name: "GraphML",
    how: "python3 -c 'import networkx as nx; nx.write_edgelist(nx.read_graphml(\"FILE\"), \"edges.txt\", data=False)'",
};
const GEXF: Format = Format {
    name: "GEXF",
    how: "python3 -c 'import networkx as nx; nx.write_edgelist(nx.read_gexf(\"FILE\"), \"edges.txt\", data=False)'",
};
const XML: Format = Format {
    name: "XML",
    how: "export the graph as CSV with the columns `from` and `to`",
};
const EPANET: Format = Format {
    name: "EPANET",
    how: "(echo label,from,to,length; awk '/^\\[/{on=/^\\[PIPES\\]/;next} on&&NF&&!/^;/{print $1\",\"$2\",\"$3\",\"$4}' FILE) > edges.csv",
};
const DOT: Format = Format {
    name: "DOT",
    how: "gvpr 'E{print(tail.name, \" \", head.name)}' FILE > edges.txt",
};
const GML: Format = Format {
    name: "GML",
    how: "python3 -c 'import networkx as nx; nx.write_edgelist(nx.read_gml(\"FILE\"), \"edges.txt\", data=False)'",
};
const PAJEK: Format = Format {
    name: "Pajek",
    how: "python3 -c 'import networkx as nx; nx.write_edgelist(nx.Graph(nx.read_pajek(\"FILE\")), \"edges.txt\", data=False)'",
};
const NODE_LINK: Format = Format {
    name: "node-link JSON",
    how: "jq -r '\"from,to\", ((.links // .edges)[] | \"\\(.source),\\(.target)\")' FILE > edges.csv",
};
const TOPOLOGY: Format = Format {
    name: "a topology document",
    how: "it needs no import: name it as `topology_path`",
};
const JSON: Format = Format {
    name: "JSON",
    how: "write two node names on each line, or CSV with the columns `from` and `to`",
};
const DIMACS: Format = Format {
    name: "DIMACS",
    how: "grep '^[ea] ' FILE | cut -d ' ' -f 2- > edges.txt",
};

/// The problem of a file in another format; `None` if the text may be an edge list.
pub(super) fn problem(text: &str, file: &str) -> Option<Draft> {
    let (format, at) = recognized(text)?;
    let span = Span::new(at, at + line_at(text, at).trim_end().len().min(64));
    let message = format!("this is {}, not an edge list", format.name);
    let how = format.how.replace("FILE", file);
    let help = if format.how.contains("FILE") {
        format!("make an edge list of it: {how}")
    } else {
        how
    };
    Some(
        Draft::new(Code::EdgeFormat, span, message)
            .expected("an edge list: two node names on each line, or CSV with a header")
            .help(help),
    )
}

fn line_at(text: &str, at: usize) -> &str {
    text[at..].lines().next().unwrap_or_default()
}

/// The format, and where it shows.
fn recognized(text: &str) -> Option<(Format, usize)> {
    let start = text.len() - text.trim_start().len();
    let body = &text[start..];
    match body.bytes().next()? {
        b'<' => {
            let head = &body[..body.floor_char_boundary(4_096)];
            let format = if head.contains("<graphml") {
                GRAPHML
            } else if head.contains("<gexf") {
                GEXF
            } else {
                XML
            };
            return Some((format, start));
        }
        b'{' => {
            let has = |key: &str| body.contains(&format!("\"{key}\""));
            let format = if has("gid") && has("e_id") {
                TOPOLOGY
            } else if has("nodes") && (has("links") || has("edges")) {
                NODE_LINK
            } else {
                JSON
            };
            return Some((format, start));
        }
        b'[' => {
            let next = body[1..].trim_start().bytes().next();
            if next.is_none_or(|byte| !byte.is_ascii_alphabetic()) {
                return Some((JSON, start));
            }
        }
        _ => {}
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if let Some(format) = of_line(content) {
            return Some((format, at + line.len() - line.trim_start().len()));
        }
        // Comments, blank lines, and headings that other formats begin with.
        let is_before = content.is_empty()
            || content.starts_with(['#', '%', ';'])
            || content.starts_with("//")
            || content.starts_with("c ")
            || content == "c"
            || content.starts_with("Creator ")
            || content.starts_with("Version ");
        if !is_before {
            return None;
        }
        at += line.len();
    }
    None
}

/// The format of a file whose first line this is.
fn of_line(line: &str) -> Option<Format> {
    let lower = line.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    match *words.as_slice() {
        // `p edge 5 4`, `p sp 5 8`, `p 5 4`
        ["p", .., nodes, edges] if nodes.parse::<u64>().is_ok() && edges.parse::<u64>().is_ok() => {
            return Some(DIMACS);
        }
        ["*vertices", ..] => return Some(PAJEK),
        ["graph", "[", ..] | ["graph["] => return Some(GML),
        _ => {}
    }
    let is_section = |name: &str| {
        lower
            .strip_prefix('[')
            .is_some_and(|rest| rest.starts_with(name))
    };
    if ["title]", "junctions]", "reservoirs]", "tanks]", "pipes]"]
        .iter()
        .any(|name| is_section(name))
    {
        return Some(EPANET);
    }
    let is_graph = ["graph", "digraph", "strict graph", "strict digraph"];
    let opens = |word: &&str| {
        let rest = lower.strip_prefix(*word)?;
        let is_word = rest.starts_with([' ', '\t', '{']) && rest.contains('{');
        is_word.then_some(DOT)
    };
    is_graph.iter().find_map(opens)
}
