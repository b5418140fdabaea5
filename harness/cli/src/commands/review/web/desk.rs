//! Answers requests: the page, the parts of it that decisions change, and decisions, which the review takes one
//! after the other.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::access::Access;
use super::http::{Answer, Request};
use super::server::now;
use crate::commands::review::item::Decision;
use crate::html::review::{self as page, About, Board, REASON_MAX};
use aether_harness::{Report, counted};

/// How long an answer waits for what a decision comes to; the page asks again.
const WAIT: Duration = Duration::from_secs(2);

/// What the script of the page accepts: the parts that changed, in place of the page.
const PARTS: &str = "text/fragment+html";

/// What somebody asked the review for.
pub(super) enum Event {
    Decide(Asked, SyncSender<Outcome>),
    Finish(SyncSender<Outcome>),
    /// A signal.
    Stop,
}

/// A decision as it came in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) about: About,
    pub(super) decision: Decision,
    pub(super) reason: String,
}

/// What a decision came to; the board says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// It has no reason that counts.
    Incomplete,
    Refused,
    /// The review cannot go on.
    Failed,
}

impl Outcome {
    fn status(self) -> u16 {
        match self {
            Self::Done => 200,
            Self::Incomplete => 422,
            Self::Refused => 409,
            Self::Failed => 500,
        }
    }
}

/// What every connection shares.
pub(super) struct Desk<'r> {
    report: &'r Report,
    board: Mutex<Board>,
    access: Access,
    events: Sender<Event>,
    /// When the page was used last.
    used: Mutex<Instant>,
    idle: Duration,
}

impl<'r> Desk<'r> {
    pub(super) fn new(
        report: &'r Report,
        board: Board,
        access: Access,
        events: Sender<Event>,
        idle: Duration,
    ) -> Self {
        Self {
            report,
            board: Mutex::new(board),
            access,
            events,
            used: Mutex::new(now()),
            idle,
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what the page shows.
    pub(super) fn change(&self, work: impl FnOnce(&mut Board)) {
        work(&mut self.board());
    }

    pub(super) fn undecided(&self, about: &About) -> Vec<String> {
        let board = self.board();
        let names = board.undecided(about).into_iter();
        names.map(str::to_owned).collect()
    }

    /// Notes that the page was used.
    pub(super) fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = now();
    }

    /// How long nobody need use the page before the review ends; `None` if that is over.
    pub(super) fn idle_left(&self) -> Option<Duration> {
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self
            .idle
            .checked_sub(now().saturating_duration_since(used))?;
        (!left.is_zero()).then_some(left)
    }

    /// After how long without use the review ends, in words.
    pub(super) fn idle(&self) -> String {
        match self.idle.as_secs() {
            seconds if seconds > 0 && seconds % 60 == 0 => counted(seconds / 60, "minute"),
            _ => format!("{} s", self.idle.as_secs_f64()),
        }
    }

    pub(super) fn answer(&self, request: &Request) -> Answer {
        self.try_answer(request).unwrap_or_else(|answer| answer)
    }

    /// The answer; an error is one as well.
    fn try_answer(&self, request: &Request) -> Result<Answer, Answer> {
        let place = self.access.place(request)?;
        self.touch();
        let is_get = matches!(&*request.method, "GET" | "HEAD");
        let answer = match place {
            "" | "state" if !is_get => not_allowed("GET, HEAD"),
            "decide" | "finish" if request.method != "POST" => not_allowed("POST"),
            "" => self.page(200),
            "state" => self.parts(200),
            "decide" => {
                let asked = self.asked(request)?;
                let about = asked.about.clone();
                self.send(request, Some(&about), |reply| Event::Decide(asked, reply))?
            }
            "finish" => self.send(request, None, Event::Finish)?,
            _ => Answer::text(404, "not found"),
        };
        Ok(answer.with(
            "Content-Security-Policy",
            &format!("{}; frame-ancestors 'none'", page::policy()),
        ))
    }

    fn page(&self, status: u16) -> Answer {
        let board = self.board().clone();
        let mut bytes = Vec::new();
        match page::write(self.report, &board, &mut bytes) {
            Ok(()) => Answer::html(status, bytes),
            Err(error) => Answer::text(500, &io::Error::to_string(&error)),
        }
    }

    fn parts(&self, status: u16) -> Answer {
        let board = self.board().clone();
        Answer::html(status, page::parts(&board).into_bytes())
    }

    /// Hands an event to the review, and says what it comes to as far as that is known soon.
    fn send(
        &self,
        request: &Request,
        about: Option<&About>,
        event: impl FnOnce(SyncSender<Outcome>) -> Event,
    ) -> Result<Answer, Answer> {
        let has_script = request.header("accept")? == Some(PARTS);
        let (reply, outcome) = mpsc::sync_channel(1);
        let ended = || Answer::text(410, "the review has ended");
        if about.is_some() {
            self.change(|board| board.waiting += 1);
        }
        self.events.send(event(reply)).map_err(|_| ended())?;
        let status = match outcome.recv_timeout(WAIT) {
            Ok(outcome) => outcome.status(),
            Err(RecvTimeoutError::Timeout) => 202,
            Err(RecvTimeoutError::Disconnected) => return Err(ended()),
        };
        Ok(match about {
            _ if has_script => self.parts(status),
            // Without a script, the browser gets the page again, where the outcome is.
            Some(about) if status != 500 => {
                Answer::see_other(format!("{}#{}", self.access.path(), about.id()))
            }
            // Nobody may answer any more.
            _ => self.page(status),
        })
    }

    /// The decision that a form has.
    fn asked(&self, request: &Request) -> Result<Asked, Answer> {
        let malformed = |problem: &str| Answer::text(400, problem);
        let kind = request.header("content-type")?.unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Answer::text(415, "a decision is an URL-encoded form"));
        }
        let (mut about, mut decision, mut reason) = (None, None, None);
        for (name, value) in form_urlencoded::parse(&request.body) {
            let is_new = match &*name {
                "group" => {
                    let at = value
                        .parse()
                        .map_err(|_| malformed("`group` is not a number"))?;
                    about.replace(About::Group(at)).is_none()
                }
                "scenario" => about.replace(About::Scenario(value.into_owned())).is_none(),
                "decision" => {
                    let known = match &*value {
                        "accept" => Decision::Accept,
                        "reject" => Decision::Reject,
                        _ => return Err(malformed("`decision` is neither accept nor reject")),
                    };
                    decision.replace(known).is_none()
                }
                "reason" => reason.replace(value.into_owned()).is_none(),
                _ => return Err(malformed("the form has a field that is not known")),
            };
            if !is_new {
                return Err(malformed("the form says something twice"));
            }
        }
        let about = about.ok_or_else(|| malformed("`group` or `scenario` is missing"))?;
        let decision = decision.ok_or_else(|| malformed("`decision` is missing"))?;
        let reason = reason.unwrap_or_default();
        if reason.chars().count() > REASON_MAX {
            return Err(Answer::text(422, "the reason is too long"));
        }
        if !self.board().has(&about) {
            return Err(Answer::text(404, "this is not under review"));
        }
        Ok(Asked {
            about,
            decision,
            reason,
        })
    }
}

fn not_allowed(methods: &str) -> Answer {
    Answer::text(405, "this method is not for this").with("Allow", methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_does_not_know_the_address_does_not_use_the_page() {
        let report = Report::new(Vec::new());
        let (events, _review) = mpsc::channel();
        let access = Access::new(80).unwrap();
        let path = access.path();
        let idle = Duration::from_secs(30 * 60);
        let desk = Desk::new(&report, Board::default(), access, events, idle);
        assert_eq!(desk.idle(), "30 minutes");
        assert!(desk.idle_left().unwrap() <= idle);
        let later = now() + idle;
        // Whether a request counts as use: its time is noted.
        let is_use = |text: &str| {
            *desk.used.lock().unwrap() = later;
            let request = Request::read(&mut text.as_bytes()).unwrap();
            desk.answer(&request);
            *desk.used.lock().unwrap() != later
        };
        let host = "Host: 127.0.0.1:80";
        assert!(is_use(&format!("GET {path} HTTP/1.1\r\n{host}\r\n\r\n")));
        assert!(is_use(&format!(
            "GET {path}state HTTP/1.1\r\n{host}\r\n\r\n"
        )));
        for text in [
            format!("GET / HTTP/1.1\r\n{host}\r\n\r\n"),
            format!("GET /{}/ HTTP/1.1\r\n{host}\r\n\r\n", "x".repeat(32)),
            format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
            format!("POST {path}finish HTTP/1.1\r\n{host}\r\n\r\n"),
        ] {
            assert!(!is_use(&text), "{text}");
        }
    }
}
