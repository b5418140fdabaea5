//! A review whose page is being served, and a client whose requests can be wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::workspace::{Ran, Workspace};

/// Whoever waits longer than this waits for nothing; no slow machine takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A review whose page is being served.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) lines: BufReader<std::process::ChildStdout>,
    /// What was printed before the address.
    pub(crate) out: String,
    pub(crate) port: u16,
    /// The path of the page, with the secret.
    pub(crate) path: String,
}

#[track_caller]
pub(crate) fn serve(workspace: &Workspace) -> Served {
    try_serve(workspace.process("command").args(["review", "--web"])).expect("an address")
}

/// Starts a review; `None` if it ends without an address.
pub(crate) fn try_serve(command: &mut Command) -> Option<Served> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut out = String::new();
    let place = loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap() == 0 {
            child.wait().unwrap();
            return None;
        }
        if let Some(place) = line.trim().strip_prefix("http://127.0.0.1:") {
            break place.to_owned();
        }
        out += &line;
    };
    let (port, path) = place.split_once('/').unwrap();
    Some(Served {
        port: port.parse().unwrap(),
        path: format!("/{path}"),
        child,
        lines,
        out,
    })
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Whether it says what came of a decision, which must be `expected`; else it came before that was known.
    #[track_caller]
    pub(crate) fn is_in_time(&self, expected: u16) -> bool {
        assert!(
            [202, expected].contains(&self.status),
            "{expected}: {self:?}"
        );
        self.status == expected
    }

    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(
                self.body.contains(part),
                "{part:?} is not in:\n{}",
                self.body
            );
        }
    }
}

/// Sends these bytes; `None` if there is no answer.
pub(crate) fn send(port: u16, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A server that has its reasons answers before it has read all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

impl Drop for Served {
    fn drop(&mut self) {
        // A test that fails leaves no review behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    pub(crate) fn ask(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        let mut text = format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", self.port);
        for header in headers {
            text += &format!("{header}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        send(self.port, text.as_bytes()).unwrap()
    }

    pub(crate) fn get(&self, place: &str) -> Answer {
        self.ask(&format!("GET {}{place}", self.path), &[], "")
    }

    /// Posts a form as the script of the page does.
    pub(crate) fn post(&self, place: &str, body: &str) -> Answer {
        self.post_with(place, &["Accept: text/fragment+html"], body)
    }

    pub(crate) fn post_with(&self, place: &str, headers: &[&str], body: &str) -> Answer {
        let origin = format!("Origin: http://127.0.0.1:{}", self.port);
        let form = "Content-Type: application/x-www-form-urlencoded";
        let headers = [&[&*origin, form], headers].concat();
        self.ask(&format!("POST {}{place}", self.path), &headers, body)
    }

    /// Sends a decision, and waits until it is carried out; its status is not known then.
    #[track_caller]
    pub(crate) fn decide(&self, body: &str, expected: u16) -> Answer {
        let answer = self.post("decide", body);
        if answer.is_in_time(expected) {
            return answer;
        }
        self.until_done()
    }

    pub(crate) fn until_done(&self) -> Answer {
        loop {
            let state = self.get("state");
            if !state.body.contains("data-working") {
                return state;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end of the process.
    pub(crate) fn end(mut self) -> Ran {
        self.lines.read_to_string(&mut self.out).unwrap();
        let mut err = String::new();
        let stream = self.child.stderr.as_mut().unwrap();
        stream.read_to_string(&mut err).unwrap();
        Ran {
            status: self.child.wait().unwrap().code(),
            out: std::mem::take(&mut self.out),
            err,
        }
    }

    /// Finishes on the page.
    #[track_caller]
    pub(crate) fn finish(self) -> Ran {
        let answer = self.post("finish", "");
        if answer.is_in_time(200) {
            answer.says(&["data-ended", "The review has ended."]);
        }
        self.end()
    }
}

#[track_caller]
pub(crate) fn ended(ran: &Ran, status: i32, last: &str) {
    assert_eq!(ran.status, Some(status), "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with(last), "{}", ran.out);
}
