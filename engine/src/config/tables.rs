//! The fields of all documents as Markdown tables, generated from the declarations that decode
//! them.

use std::fmt::Write as _;

use super::documents::{
    ApxiDocument, AxisDocument, BaseWindowDocument, ChainConstants, ChainRuleDocument,
    CheckConstants, DerivedWindowDocument, DescriptorDocument, DiagnosticsDocument, EdgeDocument,
    FluxRuleDocument, GrammarDocument, LoggingDocument, LoomDocument, MetricsDocument, NapDefaults,
    NapDocument, NodeDocument, ParamsDocument, PfnaDocument, PfnaEntry, PressDocument,
    ProfileDocument, RangeDocument, RepeatDocument, RunConfig, SampleDocument, ScenarioDocument,
    StRuleDocument, StreamDocument, SweepDocument, TopologyDocument, WindowDocument,
};

/// The reference of `docs/configuration.md`: a table for each structure, in Markdown.
#[must_use]
pub fn document_tables() -> String {
    let mut page = String::new();
    macro_rules! tables {
        ($($heading:literal => $($title:literal $document:ty),+;)*) => {$(
            let _ = write!(page, "\n### {}\n", $heading);
            $( table(&mut page, $title, <$document>::TABLE); )+
        )*};
    }
    tables! {
        "RunConfig" => "" RunConfig, "`windows[]`" WindowDocument,
            "`windows[].streams[]`" StreamDocument, "`nap`" NapDocument, "`loom`" LoomDocument,
            "`apxi`" ApxiDocument, "`apxi.descriptors[]`" DescriptorDocument,
            "`apxi.descriptors[].params`" ParamsDocument,
            "`logging`" LoggingDocument, "`metrics`" MetricsDocument,
            "`diagnostics`" DiagnosticsDocument;
        "Topology" => "" TopologyDocument, "`nodes[]`" NodeDocument, "`edges[]`" EdgeDocument;
        "Profile" => "" ProfileDocument, "`flux_rule`" FluxRuleDocument,
            "`chain_rule`" ChainRuleDocument, "`chain_rule.constants`" ChainConstants,
            "`s_t_rule`" StRuleDocument, "`nap_defaults`" NapDefaults,
            "`press_defaults`" PressDocument, "`press_defaults.manifest_check`" CheckConstants;
        "PFNA" => "" PfnaDocument, "`entries[]`" PfnaEntry, "`entries[].repeat`" RepeatDocument;
        "AEON grammar" => "" GrammarDocument, "`base_windows.*`" BaseWindowDocument,
            "`derived_windows.*`" DerivedWindowDocument;
        "`scenario.toml`" => "" ScenarioDocument;
        "Sweep" => "" SweepDocument, "`axes[]`" AxisDocument, "`axes[].range`" RangeDocument,
            "`axes[].sample`" SampleDocument;
    }
    page
}

/// A field: its key, whether it is required, what is expected, and its documentation.
pub(crate) type Row = (&'static str, bool, fn() -> String, &'static str);

fn table(page: &mut String, title: &str, rows: &[Row]) {
    let title = if title.is_empty() { "field" } else { title };
    let _ = write!(
        page,
        "\n| {title} | | is | meaning |\n| --- | --- | --- | --- |\n"
    );
    for (key, required, expected, doc) in rows {
        let required = if *required { "required" } else { "" };
        let _ = writeln!(
            page,
            "| `{key}` | {required} | {} | {} |",
            expected(),
            doc.trim()
        );
    }
}
