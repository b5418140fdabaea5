//! The stable codes of problems, each with its number, meaning and remedy.

use std::io;

use serde::Serialize;

/// Declares the codes: number, title (what is wrong), explanation (why it is wrong) and remedy
/// (what to do; shown if a problem has no more specific help).
macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal, $explanation:literal, $remedy:literal;)*) => {
        /// A kind of problem, with a number that never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $number, "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// Every code, in order of number.
            pub const ALL: &[Code] = &[$(Code::$name),*];

            /// The number, as `AE0001`.
            #[must_use]
            pub fn number(self) -> &'static str {
                match self { $(Code::$name => $number,)* }
            }

            /// What is wrong, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// What the rule is and why it exists.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$name => $explanation,)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$name => $remedy,)* }
            }

            /// The code for a file that cannot be read.
            #[must_use]
            pub fn of_read(error: &io::Error) -> Self {
                match error.kind() {
                    io::ErrorKind::NotFound => Self::FileNotFound,
                    _ if aether_disk::is_of_machine(error) => Self::ReadFailed,
                    _ => Self::FileUnreadable,
                }
            }

            /// Whether the machine or this engine failed, so that the document may be in order.
            #[must_use]
            pub fn is_internal(self) -> bool {
                matches!(self, Self::ReadFailed | Self::Unexplained)
            }
        }
    };
}

codes! {
    // Reading: the file itself.
    FileNotFound = "AE0001", "file not found",
        "The named document does not exist. A relative path starts at the document that contains it, not at the working directory.",
        "check the path, which starts at the document that contains it";
    FileUnreadable = "AE0002", "file cannot be read",
        "The file exists, but the operating system does not let it be read: it is a directory, or its name cannot be one of a file.",
        "check that it is a file and that you may read it";
    FileTooLarge = "AE0003", "document too large",
        "Documents are held in memory while they are checked, so their size has a limit of 512 MiB.",
        "make the document smaller: minify it, or move a large initial state to its own file";
    UnknownFormat = "AE0004", "unknown document format",
        "The extension of a file determines its format: `.json` or `.toml`; for an initial state, `.json` or `.csv`.",
        "give the file the extension of its format";
    NotUtf8 = "AE0005", "not UTF-8",
        "Documents are UTF-8 text. The place shown is the first byte that is not.",
        "save the file as UTF-8";
    ByteOrderMark = "AE0006", "byte order mark",
        "The file starts with a byte order mark, which JSON does not allow and UTF-8 does not need.",
        "save the file as UTF-8 without a byte order mark";
    EmptyDocument = "AE0007", "empty document",
        "The file has no content. Often this means that writing it was interrupted.",
        "write the document, or restore it";
    UnknownDocument = "AE0008", "unknown kind of document",
        "`aether validate` recognizes documents by their fields: a RunConfig has `ticks` and `topology_path`, a topology `N` and `edges`, a profile `modulus_M`, a PFNA document `entries`. This one has none of them.",
        "name a RunConfig, a topology, a profile, a PFNA document or a scenario directory";
    NotAScenario = "AE0009", "not a scenario directory",
        "A scenario is a directory with `scenario.toml` and one of `run.toml` and `run.json`.",
        "add the missing file, or name a document instead";
    OtherDocument = "AE0010", "document of another kind",
        "The document has the fields of another kind than the one that is needed here: for instance a topology where a RunConfig is named.",
        "name a document of the right kind";
    ReadFailed = "AE0011", "reading failed",
        "The disk or the operating system failed while the file was read, or you may not read it. The document itself may be in order, so commands end with exit status 3.",
        "check that you may read the file, and try again";

    // Syntax: the text of a document.
    UnexpectedText = "AE0101", "unexpected text",
        "The document is not valid JSON at this place.",
        "write what is expected there";
    Unclosed = "AE0102", "document ends too soon",
        "The document ends inside an object, a list or a string: it was truncated, or a closing bracket is missing.",
        "close what was opened, or restore the rest of the file";
    TrailingComma = "AE0103", "trailing comma",
        "JSON does not allow a comma after the last item.",
        "remove the comma";
    TrailingText = "AE0104", "text after the end",
        "A JSON document is one object. Something follows it: two documents in one file, or one closing bracket too many.",
        "remove what follows the document";
    BadString = "AE0105", "malformed string",
        "A JSON string ends on the line on which it starts, and has no raw control characters.",
        "close the string with \", and write control characters as escapes, such as \\n";
    BadEscape = "AE0106", "unknown escape",
        "JSON has the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits, surrogates in pairs.",
        "write one of the known escapes, or \\\\ for a backslash";
    BadNumber = "AE0107", "malformed number",
        "JSON writes numbers in plain decimal: no leading zeros, no plus sign, no bare point, no NaN, no Infinity.",
        "write the number in plain decimal digits";
    TooDeep = "AE0108", "nested too deeply",
        "Objects and lists may be nested 64 deep. No document of this engine needs more than a few levels.",
        "remove the nesting";
    DuplicateKey = "AE0109", "duplicate key",
        "An object has the same field twice. Most readers silently use the last one, so the run would depend on the reader.",
        "remove one of the two";
    TomlSyntax = "AE0110", "not valid TOML",
        "The document is not valid TOML at this place. All such places of a document are reported at once.",
        "write what TOML expects there";

    // Shape: fields and their types.
    UnknownField = "AE0201", "unknown field",
        "This document has no such field. An unknown field is refused, because ignoring it would also ignore a misspelt one.",
        "remove the field, or write the one that was meant";
    MissingField = "AE0202", "missing field",
        "A field without a default is missing.",
        "add the field";
    WrongType = "AE0203", "wrong type",
        "The value does not have the type of the field. Nothing is converted: true is not an integer, and neither is \"3\".",
        "write a value of the expected type";
    NotAnInteger = "AE0204", "not an integer",
        "The engine computes only with integers. A number with a fraction or an exponent is refused, even if its value is whole: 1.0 and 1e3 are not integers.",
        "write the number without fraction and exponent";
    IntegerTooLarge = "AE0205", "integer beyond 64 bits",
        "Every number of a document must fit into a signed 64-bit integer, -9223372036854775808 to 9223372036854775807.",
        "write a number from -9223372036854775808 to 9223372036854775807";
    OutOfRange = "AE0206", "number out of range",
        "The number is an integer that the field does not allow.",
        "write a number in the expected range";
    UnknownChoice = "AE0207", "unknown value",
        "The field accepts only certain words. They are case-sensitive.",
        "write one of the legal values";
    BadName = "AE0208", "invalid name",
        "Ids and names (gid, window, stream, APX, PFNA, profile) are 1 to 128 printable ASCII characters without quotes, backslash and slash, because they appear in records, file names and command lines.",
        "use 1 to 128 printable ASCII characters without quotes, backslash and slash";
    BadRunId = "AE0209", "invalid run id",
        "A run id is also a file name, on any system. It has at most 128 characters (ASCII letters, digits, `.`, `_` and `-`), and does not start with a dot.",
        "use ASCII letters, digits, `.`, `_` and `-`, not starting with a dot";
    EmptyText = "AE0210", "empty string",
        "The field needs a string that is not empty.",
        "write a string";
    Unsupported = "AE0211", "not supported yet",
        "The field belongs to a part of Aether that this engine does not have. A run without it would not do what the document asks for.",
        "remove the field";
    UnknownVersion = "AE0212", "unknown document version",
        "`v` says which rules apply to a document. This engine reads RunConfig version 1 and PFNA version 0.",
        "write the version that this engine reads";
    ExclusiveFields = "AE0213", "fields exclude one another",
        "The document has two fields that say the same thing in different ways. One of them would be ignored.",
        "keep one of them";
    OneOfFields = "AE0214", "one of several fields is needed",
        "There are several ways to say this, and the document uses none of them.",
        "add one of the fields";
    FieldNeedsField = "AE0215", "a field needs another",
        "One field has no meaning without another, which is missing.",
        "add the other field, or remove this one";
    RepeatedItem = "AE0216", "item repeated",
        "A list whose items must differ has an item twice.",
        "remove the repetition";

    // Topology.
    NodeOrder = "AE0301", "node ids out of order",
        "The nodes of a topology must be exactly 1..N, in order, because every vector of a record is in node order.",
        "number the nodes 1, 2, 3, … in order, or leave `nodes` out";
    NodeCount = "AE0302", "node count differs from N",
        "If `nodes` is given, it must have exactly N entries.",
        "make `N` and `nodes` agree, or leave `nodes` out";
    EdgeOrder = "AE0303", "edge ids out of order",
        "The edges of a topology must be exactly 1..E, in order, because every record lists them in that order.",
        "number the edges 1, 2, 3, … in order";
    NoSuchNode = "AE0304", "edge to a node that does not exist",
        "An edge must join two of the nodes 1..N.",
        "write the id of a node that exists, or raise `N`";
    SelfLoop = "AE0305", "edge from a node to itself",
        "The ends of an edge must differ: an edge from a node to itself could not move anything.",
        "join two different nodes, or remove the edge";
    EdgeScale = "AE0306", "edge SC differs from the topology's",
        "All edges share the topology's SC. An edge may repeat that value, but not change it.",
        "remove the edge's `SC`, or make them equal";

    LabelNotAName = "AE0307", "label that is not a name",
        "The labels of nodes and edges are their names in commands, inputs and reports, if they can be: 1 to 128 printable characters, different from every other label, and not the number of something else. Any other label is only a description. This is a warning, and the document is valid.",
        "change the label, or refer to it by its id";

    // Profile.
    ProfileName = "AE0401", "profile name without CMP-",
        "The name of a profile must start with `CMP-`.",
        "start the name with `CMP-`";
    UnknownRule = "AE0402", "unknown rule",
        "A profile selects rules by their names. The engine refuses a rule that it does not know, because records made by another rule would not be what the profile means.",
        "write the name of a known rule";
    ForeignField = "AE0403", "field of another rule",
        "The field belongs to another mode of this rule. It would have no effect, which is rarely intended.",
        "remove the field, or choose the mode it belongs to";
    LikelyMisspelt = "AE0404", "probably a misspelt field",
        "Rules may have descriptive fields, which have no effect. This name is so close to that of a field with an effect that it is probably a spelling mistake.",
        "correct the name, or choose a more different one for a note";

    // A run: documents that must fit together.
    GidMismatch = "AE0501", "gid differs from the RunConfig's",
        "The gid says which graph a document is about. The RunConfig, the topology and the PFNA document of a run must have the same gid.",
        "name the document that belongs to this graph, or make the gids equal";
    RunIdMismatch = "AE0502", "run_id differs from the RunConfig's",
        "A PFNA document belongs to one run, and has the id of that run.",
        "name the PFNA document of this run, or make the run_ids equal";
    ScaleMismatch = "AE0503", "SC differs between topology and profile",
        "Both the topology and the profile have SC, the divisor of the flux rule. The two must be equal.",
        "choose a profile with the topology's SC, or change one of them";
    StateLength = "AE0504", "initial state of the wrong length",
        "The initial state must have one integer for each of the N nodes.",
        "give exactly N integers";
    StateLine = "AE0505", "malformed line of an initial state",
        "An initial state in CSV has one integer per line, optionally under a header line.",
        "write one integer on each line";
    NoSuchWindow = "AE0506", "primary window does not exist",
        "`primary_window_id` must be the id of one of the `windows`.",
        "write the id of one of the windows";
    WindowGap = "AE0507", "ticks outside every primary window",
        "Primary windows must cover the ticks 1..T of a run without gaps, because the entry of every tick carries the check of its primary window.",
        "make the primary window 1 to `ticks`, or use `window_every`";
    WindowReversed = "AE0508", "window ends before it starts",
        "A window is an inclusive range of ticks.",
        "exchange `start_tick` and `end_tick`";
    WindowOutside = "AE0509", "window leaves the run",
        "A window must lie within the ticks 1..T of its run.",
        "end the window by the last tick, or raise `ticks`";
    DuplicateWindow = "AE0510", "window id used twice",
        "Window ids must be unique in a run, including those that `window_every` generates.",
        "give each window its own id";
    DuplicateStream = "AE0511", "stream name used twice",
        "Stream names must be unique in a window.",
        "give each stream of the window its own name";
    GeneratedName = "AE0512", "gid too long for window names",
        "`window_every` generates window ids and APX names from the gid. These must be at most 128 characters long.",
        "shorten the gid, or name the windows yourself";
    LayerNotData = "AE0513", "default layer other than DATA",
        "`layer` is the layer of a tick's envelope, which can only be DATA.",
        "write \"DATA\", or leave the field out; `layers` says which layers are emitted";

    // External inputs.
    InputTick = "AE0601", "entry outside the run",
        "An entry is added before one of the ticks 1..T, or to the initial state at tick 0.",
        "write a tick of the run, or raise `ticks`";
    InputLength = "AE0602", "entry of the wrong length",
        "An entry must have one value for each of the N nodes.",
        "give exactly N values, 0 for nodes that get nothing";
    DuplicateInput = "AE0603", "entry given twice",
        "Entries are applied and recorded in the order of (tick, pfna_id). Each such pair must be unique.",
        "give the second entry its own pfna_id, or add the two up";
    InputTable = "AE0604", "malformed table of inputs",
        "A table of inputs has a header: either `tick,node,value`, with one value per row, or `tick` and one column per node, named by its id or name. Each row has a tick and integers; an empty cell adds nothing.",
        "write the columns `tick`, `node` and `value`, or `tick` and one column per node";

    // Limits.
    OverLimit = "AE0701", "over a limit of the engine",
        "Runs have limits, so that a mistake ends in a report and not in a machine that runs out of memory.",
        "stay within the limit";
    TooManyProblems = "AE0702", "more problems than are shown",
        "At most 1000 problems of one document are shown. The others are counted. They are shown once the first are fixed.",
        "fix the problems above, then validate again";
    Unexplained = "AE0703", "refused without a reason",
        "A check failed without reporting a problem. This is a bug in the engine, not in the document.",
        "please report it with the document";

    // Edge lists, which `aether topology import` reads.
    EdgeLine = "AE0801", "malformed line of an edge list",
        "An edge list has one edge per line: the names of two nodes, and further columns. If all names are integers, they are from 0. In a list of lines, `#` and `%` start comments. CSV has a header.",
        "write the names of two nodes on each line";
    EdgeColumn = "AE0802", "column of an edge list not found",
        "The columns of the two nodes, of k and of cap are given by their names in the header of a CSV file, or by number from 1 if there is no header.",
        "name a column that is there";
    EdgeFormat = "AE0803", "graph in another format",
        "`aether topology import` reads edge lists. The file describes a graph in a format of its own: GraphML, GEXF, GML, DOT, Pajek, DIMACS, EPANET or JSON.",
        "export the graph as an edge list: two node names on each line, or CSV with a header";

    // Changes of inputs, on the command line and in sweeps.
    SettingSyntax = "AE0901", "setting that cannot be read",
        "A setting is the path of a value in the documents of a run, such as `ticks`, `initial_state[0]` or `topology.edges[e_id=5].k`. On the command line, `=` and the value follow.",
        "write a path such as `topology.edges[e_id=5].k`";
    SettingPath = "AE0902", "setting that names nothing",
        "The path of a setting must lead to a value of the resolved documents, or to an optional member that is not given.",
        "name a value of the run's documents";
    SettingAmbiguous = "AE0903", "setting that names several values",
        "A setting changes one value. Several items of the list have the member or label that the path gives.",
        "give the item by its position, or by a member that only it has";
    SettingTwice = "AE0904", "value set twice",
        "Two settings change the same value, or one changes a part of what the other replaces. Which of them applies must not depend on their order.",
        "set each value once";
    SweepAxis = "AE0905", "axis without usable values",
        "An axis of a sweep has at least one value, from one of `values`, `range` and `sample`; in a zip, all axes have equally many; with a table, the values come from its columns.",
        "give the axis its values";

    // AEON grammars and descriptors.
    AeonKey = "AE1001", "key differs from the window_id",
        "The windows of an AEON grammar are members of an object. The key of each is its `window_id`.",
        "make the key and the `window_id` equal";
    DuplicateAeonWindow = "AE1002", "AEON window id used twice",
        "A window of a grammar is either a base window or a derived one. Its id is unique over both.",
        "give each window of the grammar its own id";
    NoSources = "AE1003", "derived window without sources",
        "A derived window is made of other windows, at least one. Without any, it would have no ticks.",
        "name the windows that it is made of, or remove it";
    NoSuchAeonWindow = "AE1004", "AEON window does not exist",
        "Sources, parents, the windows of descriptors and each `aeon_window_id` must be windows of the grammar.",
        "write the id of a window of the grammar";
    AeonCycle = "AE1005", "cycle of AEON windows",
        "A window cannot be made of itself, nor be part of itself, through other windows or directly. Sources and parents are looked at separately: a window may have one that it is a source of as its parent.",
        "break the cycle at one of its windows";
    NoSuchPressWindow = "AE1006", "window of the run does not exist",
        "`press_window_id` names a window of the RunConfig, also one that `window_every` makes, by its `window_id` or its `apx_name`.",
        "write the `window_id` of a window of the run";
    AmbiguousPressWindow = "AE1007", "name of several windows",
        "Several windows of the run have this `apx_name`, and `press_window_id` names one.",
        "write the `window_id` of the one that is meant";
    UnusedDescriptor = "AE1008", "descriptor without a stream",
        "A descriptor belongs to the stream of its name in each window of the run whose `aeon_window_id` is its `window_id`. One that belongs to none would have no effect.",
        "give a window of the run this `aeon_window_id` and this stream, or remove the descriptor";
    DescriptorOutside = "AE1009", "AEON window leaves its window",
        "Descriptors are tried on the streams of a window of the run, over the ticks of the AEON window that it names. All of these must be ticks of that window.",
        "name an AEON window within the window of the run, or make that one longer";
    ComponentCount = "AE1010", "wrong number of components",
        "A parameter is one number for all components of a stream's vectors, or a list of one number for each: N for states and deltas, E for fluxes, 1 for the chain.",
        "write one number for each component, or one for all";
    DuplicateDescriptor = "AE1011", "descriptor id used twice",
        "Descriptor ids must be unique in a run, including those of the descriptors that `discover` finds.",
        "give each descriptor its own id";
    EmptyPattern = "AE1012", "empty pattern",
        "The pattern of a RUN_SEGMENT repeats, so it must have at least one entry.",
        "write the entries that repeat";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.number())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_order_and_texts_are_sentences() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.number() < b.number()));
        for code in Code::ALL {
            assert!(code.explanation().ends_with('.'), "{code}");
            assert!(
                !code.title().ends_with('.') && !code.remedy().ends_with('.'),
                "{code}"
            );
        }
    }
}
