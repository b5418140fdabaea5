//! Asks on a page: that of `diff --format html`, with a form for each group and scenario, served on
//! 127.0.0.1.
//!
//! The review itself is done by the thread that began it: it takes decisions one after the other, and
//! ends when somebody finishes on the page, a signal comes, or nobody has used the page for a while. Threads
//! of the [`server`] show the page as the last decision left it, however long the next one takes.
//!
//! | module | what it does |
//! | --- | --- |
//! | `server` | takes connections, each for so long |
//! | `http` | reads a request, writes an answer |
//! | `access` | says who may ask |
//! | `desk` | answers requests: the page, and decisions |

mod access;
mod desk;
mod http;
mod server;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use aether_harness::exec::Interrupt;

use self::access::Access;
use self::desk::{Asked, Desk, Event, Outcome};
use super::WebOptions;
use super::item::Decision;
use super::state::{Review, Selection, checking};
use crate::commands::{CommandError, Console, accept};
use crate::html::review::{About, Board, Refused, Standing};
use aether_harness::counted;

/// Serves the page until the review ends; prints its address first.
pub(super) fn ask(
    review: &mut Review<'_>,
    options: &WebOptions,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    if review.items.is_empty() {
        return Ok(());
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .map_err(|error| no_port(options.port, &error))?;
    let access = Access::new(listener.local_addr()?.port())
        .map_err(|error| CommandError::Io(format!("the secret of the page: {error}")))?;
    let report = review.report();
    let board = board(review, &report);
    let (sender, events) = mpsc::channel();
    let interrupt = {
        let (stopped, sender) = (Arc::clone(&review.stopped), sender.clone());
        Interrupt::instead(move || {
            stopped.store(true, Ordering::SeqCst);
            // Without a receiver the review has ended already.
            let _ = sender.send(Event::Stop);
        })
    };
    writeln!(
        console.out,
        "review {} on this page, which is for you alone:\n  {}\nCtrl-C ends the review; what was accepted \
         stays accepted",
        counted(review.items.len() as u64, "scenario"),
        access.url()
    )?;
    console.out.flush()?;
    let desk = Desk::new(&report, board, access, sender, options.idle);
    let handler = |request: &http::Request| desk.answer(request);
    let mut session = Session {
        review,
        desk: &desk,
    };
    let ended = server::serve(&listener, &handler, || {
        let ended = session.work(&events, console);
        // Whoever still waits for a decision learns that there is none.
        drop(events);
        ended
    })?;
    drop(interrupt);
    ended
}

fn no_port(port: u16, error: &io::Error) -> CommandError {
    let remedy = if port == 0 {
        ""
    } else {
        "; choose another --port, or leave it out for a free one"
    };
    CommandError::Io(format!("127.0.0.1:{port}: {error}{remedy}"))
}

/// The page when nothing is decided.
fn board(review: &Review<'_>, report: &aether_harness::Report) -> Board {
    let name = |at: usize| review.items[at].name().to_owned();
    let members = |names: &[String]| review.members(names).into_iter().map(name).collect();
    let groups = report.groups.iter();
    Board {
        scenarios: (0..review.items.len())
            .map(|at| (name(at), Standing::Undecided))
            .collect(),
        groups: groups.map(|group| members(&group.scenarios)).collect(),
        ..Board::default()
    }
}

/// The review while its page is served.
struct Session<'s, 'a> {
    review: &'s mut Review<'a>,
    desk: &'s Desk<'s>,
}

impl Session<'_, '_> {
    /// Takes decisions until the review ends.
    fn work(
        &mut self,
        events: &Receiver<Event>,
        console: &mut Console<'_>,
    ) -> Result<(), CommandError> {
        loop {
            let Some(left) = self.desk.idle_left() else {
                let idle = self.desk.idle();
                writeln!(
                    console.err,
                    "nobody used the page for {idle}: the review has ended"
                )?;
                return Ok(());
            };
            let event = match events.recv_timeout(left) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => {
                    unreachable!("the desk has a sender, and outlives this")
                }
            };
            // Whatever was asked for before a signal and not begun is not done after it.
            if self.review.stopped.load(Ordering::SeqCst) {
                return Ok(());
            }
            match event {
                Event::Stop => return Ok(()),
                Event::Finish(reply) => {
                    let decided = self.review.decided().join("\n");
                    self.desk.change(|board| {
                        board.has_ended = true;
                        board.said = decided;
                    });
                    let _ = reply.send(Outcome::Done);
                    return Ok(());
                }
                Event::Decide(asked, reply) => {
                    let outcome = self.decide(&asked, console);
                    self.desk.change(|board| board.waiting -= 1);
                    if let Err(error) = &outcome {
                        let error = error.to_string();
                        self.desk.change(|board| {
                            board.has_ended = true;
                            board.said = format!("error: {error}");
                        });
                    }
                    // Whoever asked may be gone.
                    let _ = reply.send(*outcome.as_ref().unwrap_or(&Outcome::Failed));
                    outcome?;
                }
            }
            self.desk.touch();
        }
    }

    /// Carries out a decision, or says on the page why not.
    fn decide(
        &mut self,
        asked: &Asked,
        console: &mut Console<'_>,
    ) -> Result<Outcome, CommandError> {
        let members = self.undecided(&asked.about);
        if members.is_empty() {
            self.say("that is decided already");
            return Ok(Outcome::Refused);
        }
        let selection: Selection = members.iter().map(|at| (*at, None)).collect();
        if asked.decision == Decision::Reject {
            self.review.decide(&selection, Decision::Reject);
            let standings = members.iter().map(|at| (*at, Standing::Rejected));
            let said = self.show(standings.collect(), "rejected");
            writeln!(console.out, "{said}")?;
            return Ok(Outcome::Done);
        }
        let reason = match accept::checked_reason(&asked.reason) {
            Ok(reason) => reason,
            Err(problem) => {
                self.refuse(asked, vec![problem.to_owned()]);
                return Ok(Outcome::Incomplete);
            }
        };
        let number = members.len();
        self.say(&checking(number));
        let ready = self.review.ready(&selection, console)?;
        let outcome = match ready {
            Err(refusals) => {
                self.refuse(asked, refusals);
                Outcome::Refused
            }
            Ok(ready) => {
                let accepted = self.review.accept(ready, reason, console);
                let standing = |at: &usize| {
                    if self.review.items[*at].is_accepted() {
                        return Some((*at, Standing::Accepted(reason.to_owned())));
                    }
                    let why = accepted.as_ref().ok()?.get(at)?;
                    Some((*at, Standing::Left(why.clone())))
                };
                let standings = members.iter().filter_map(standing).collect();
                self.show(standings, "accepted");
                if accepted?.is_empty() {
                    Outcome::Done
                } else {
                    Outcome::Refused
                }
            }
        };
        Ok(outcome)
    }

    /// The scenarios that a decision is about, by position.
    fn undecided(&self, about: &About) -> Vec<usize> {
        let names: Vec<String> = self.desk.undecided(about);
        self.review.open(&self.review.members(&names))
    }

    /// Shows on the page what became of scenarios; says what was `done` in a line.
    fn show(&self, standings: Vec<(usize, Standing)>, done: &str) -> String {
        let is_left = |standing: &Standing| matches!(standing, Standing::Left(_));
        let standings: Vec<(String, Standing)> = standings
            .into_iter()
            .map(|(at, standing)| (self.review.items[at].name().to_owned(), standing))
            .collect();
        let names = standings.iter().filter(|(_, standing)| !is_left(standing));
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        let said = if names.is_empty() {
            format!("nothing was {done}")
        } else {
            format!("{done} {}", names.join(", "))
        };
        self.desk.change(|board| board.decide(standings, &said));
        said
    }

    fn refuse(&self, asked: &Asked, why: Vec<String>) {
        self.desk.change(|board| {
            board.said = "nothing was accepted".to_owned();
            let refused = Refused {
                reason: asked.reason.clone(),
                why,
            };
            board.refused.insert(asked.about.clone(), refused);
        });
    }

    fn say(&self, what: &str) {
        self.desk.change(|board| board.said = what.to_owned());
    }
}
