//! Changes the order of keys and the white space of documents, but not their meaning.

use crate::oracle::Json;

/// A small random generator; its quality does not matter, but its determinism does.
pub(super) struct Shuffler(u64);

impl Shuffler {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below the bound (splitmix64).
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound).expect("a length");
        usize::try_from((mixed ^ (mixed >> 31)) % bound).expect("below a length")
    }

    /// Puts the elements into a random order.
    pub(super) fn shuffle<T>(&mut self, elements: &mut [T]) {
        for last in (1..elements.len()).rev() {
            elements.swap(last, self.below(last + 1));
        }
    }

    /// A text of the value, with random order of keys and random white space.
    pub(super) fn spell(&mut self, value: &Json) -> String {
        match value {
            Json::List(list) => {
                let elements = list.iter().map(|element| self.spell(element)).collect();
                format!("[{}{}]", self.space(), self.join(elements))
            }
            Json::Object(map) => {
                let mut members: Vec<_> = map
                    .iter()
                    .map(|(key, value)| {
                        let key = Json::Text(key.clone()).canonical();
                        format!(
                            "{key}{}:{}{}",
                            self.space(),
                            self.space(),
                            self.spell(value)
                        )
                    })
                    .collect();
                self.shuffle(&mut members);
                format!("{{{}{}}}", self.space(), self.join(members))
            }
            scalar => scalar.canonical(),
        }
    }

    fn join(&mut self, parts: Vec<String>) -> String {
        let mut joined = String::new();
        for part in parts {
            if !joined.is_empty() {
                joined.push(',');
                joined.push_str(self.space());
            }
            joined.push_str(&part);
            joined.push_str(self.space());
        }
        joined
    }

    fn space(&mut self) -> &'static str {
        ["", "", " ", "\n", "\t  ", "\r\n"][self.below(6)]
    }
}

#[test]
fn a_shuffled_spelling_means_the_same() {
    let value = Json::parse(r#"{"a":[1,{"b":"x\"y","c":null}],"d":{},"e":[]}"#);
    let mut spellings = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let spelling = Shuffler::new(seed).spell(&value);
        assert_eq!(Json::parse(&spelling), value, "{spelling}");
        spellings.insert(spelling);
    }
    assert!(spellings.len() > 10, "they differ");
}
