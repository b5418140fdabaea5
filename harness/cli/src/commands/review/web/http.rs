//! Requests of HTTP/1 as they come in, bounded in size, and answers to them. The request line and the
//! headers are parsed by `httparse`.
//!
//! Each connection carries one request. Nothing here knows what is asked for.

use std::io::{self, Read, Write};

/// The longest head of a request, in bytes: browsers send less than 2 KiB.
const HEAD_MAX: usize = 16 * 1024;
/// The most headers.
const HEADERS_MAX: usize = 100;
/// The longest body, in bytes: a reason and a name, with every character encoded.
const BODY_MAX: usize = 32 * 1024;

/// A request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// The path without the query.
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// An answer, after which the connection ends.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Why a request cannot be answered.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is not a request, or not one that is taken; the answer says so.
    Bad(Answer),
    /// The client went away, or never said anything.
    Gone,
}

impl Request {
    /// Reads a request. An `input` that takes too long reports [`io::ErrorKind::TimedOut`].
    pub(super) fn read(input: &mut dyn Read) -> Result<Self, Unread> {
        let mut bytes = Vec::new();
        let (mut request, start) = loop {
            if more(input, &mut bytes)? == 0 {
                return Err(if bytes.is_empty() {
                    Unread::Gone
                } else {
                    bad(400, "the request ends too early")
                });
            }
            if let Some(parsed) = Self::parse(&bytes)? {
                break parsed;
            }
            if bytes.len() > HEAD_MAX {
                return Err(bad(431, "the head of the request is too long"));
            }
        };
        if start > HEAD_MAX {
            return Err(bad(431, "the head of the request is too long"));
        }
        let length = request.length()?;
        let mut body = bytes.split_off(start);
        while body.len() < length {
            if more(input, &mut body)? == 0 {
                return Err(bad(400, "the request ends too early"));
            }
        }
        body.truncate(length);
        request.body = body;
        Ok(request)
    }

    /// The request whose head this is, and where its body starts; `None` if more of it is to come.
    fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Unread> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut headers);
        let start = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(start)) => start,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(bad(431, "the request has too many headers"));
            }
            Err(error) => return Err(bad(400, &format!("not a request of HTTP/1: {error}"))),
        };
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        let target = text(parsed.path);
        let (path, _query) = target.split_once('?').unwrap_or((&target, ""));
        let headers = parsed.headers.iter().map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_ascii_lowercase(), value)
        });
        let request = Self {
            method: text(parsed.method),
            path: path.to_owned(),
            headers: headers.collect(),
            body: Vec::new(),
        };
        Ok(Some((request, start)))
    }

    /// The value of a header, by its name in lower case.
    ///
    /// # Errors
    /// It is there more than once, so that two readers may take it for two things.
    pub(super) fn header(&self, name: &str) -> Result<Option<&str>, Answer> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(Answer::text(400, &format!("{name} is there twice")));
        }
        Ok(first.map(|(_, value)| value.as_str()))
    }

    /// The length of the body.
    fn length(&self) -> Result<usize, Unread> {
        if self
            .header("transfer-encoding")
            .map_err(Unread::Bad)?
            .is_some()
        {
            return Err(bad(411, "a body needs its length: Content-Length"));
        }
        let Some(length) = self.header("content-length").map_err(Unread::Bad)? else {
            return Ok(0);
        };
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(bad(400, "Content-Length is not a number"));
        }
        match length.parse() {
            Ok(length) if length <= BODY_MAX => Ok(length),
            // A number without end is too large as well.
            _ => Err(bad(413, "the body is too long")),
        }
    }
}

fn bad(status: u16, text: &str) -> Unread {
    Unread::Bad(Answer::text(status, text))
}

/// Reads more of a request; the number of bytes.
fn more(input: &mut dyn Read, bytes: &mut Vec<u8>) -> Result<usize, Unread> {
    let mut buffer = [0; 4096];
    loop {
        match input.read(&mut buffer) {
            Ok(read) => {
                bytes.extend_from_slice(&buffer[..read]);
                return Ok(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Browsers connect ahead of a request, and then have none.
            Err(error) if is_late(&error) && !bytes.is_empty() => {
                return Err(bad(408, "the request takes too long"));
            }
            Err(_) => return Err(Unread::Gone),
        }
    }
}

/// Systems report a read that took too long in two ways.
fn is_late(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    )
}

impl Answer {
    /// A line of text.
    pub(super) fn text(status: u16, text: &str) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "text/plain; charset=utf-8".to_owned())],
            body: format!("{text}\n").into_bytes(),
        }
    }

    pub(super) fn html(status: u16, page: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "text/html; charset=utf-8".to_owned())],
            body: page,
        }
    }

    /// Has the browser get another page.
    pub(super) fn see_other(place: String) -> Self {
        let mut answer = Self::text(303, "see there");
        answer.headers.push(("Location", place));
        answer
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Writes the answer, without its body if only the `head` was asked for.
    pub(super) fn write(&self, head: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, phrase(self.status));
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.body.len()
        );
        out.write_all(text.as_bytes())?;
        if !head {
            out.write_all(&self.body)?;
        }
        out.flush()
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        303 => "See Other",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        other => unreachable!("no answer has the status {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input that comes byte by byte, and then ends or takes too long.
    struct Slow<'t>(&'t [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.split_first() {
                Some((first, rest)) => {
                    buffer[0] = *first;
                    self.0 = rest;
                    Ok(1)
                }
                None if self.1 => Err(io::ErrorKind::TimedOut.into()),
                None => Ok(0),
            }
        }
    }

    #[test]
    fn a_request_is_read_however_it_comes_in() {
        let text = b"POST /a/b?c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcdef";
        for read in [
            Request::read(&mut Slow(text, false)),
            Request::read(&mut &text[..]),
        ] {
            let request = read.unwrap();
            assert_eq!(
                (&*request.method, &*request.path, &*request.body),
                ("POST", "/a/b", &b"abc"[..])
            );
            assert_eq!(request.header("host").unwrap(), Some("x"));
            assert_eq!(request.header("origin").unwrap(), None);
        }
    }

    #[track_caller]
    fn refused(text: &[u8], late: bool, expected: u16) {
        is_refused(&mut Slow(text, late), expected);
    }

    #[track_caller]
    fn is_refused(input: &mut dyn Read, expected: u16) {
        match Request::read(input) {
            Err(Unread::Bad(answer)) => assert_eq!(answer.status, expected, "{answer:?}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_a_request_is_refused() {
        for text in [
            &b"hello\r\n\r\n"[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/2.0\r\n\r\n",
            b"GET / HTTP/1.1\r\nA b: c\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost",
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
            b"POST / HTTP/1.1\r\nContent-Length: -3\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        ] {
            refused(text, false, 400);
        }
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        refused(chunked, false, 411);
        for length in [BODY_MAX.to_string() + "0", "9".repeat(40)] {
            let text = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
            refused(text.as_bytes(), true, 413);
        }
        let endless = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(HEAD_MAX));
        is_refused(&mut endless.as_bytes(), 431);
        let many = "a: b\r\n".repeat(HEADERS_MAX + 1);
        is_refused(&mut format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes(), 431);
        refused(b"GET / HT", true, 408);
        // Who says nothing gets no answer.
        for late in [false, true] {
            let unread = Request::read(&mut Slow(b"", late));
            assert!(matches!(unread, Err(Unread::Gone)), "{unread:?}");
        }
    }

    #[test]
    fn an_answer_has_its_length_and_ends_the_connection() {
        let mut bytes = Vec::new();
        let answer = Answer::text(404, "not found").with("Allow", "GET");
        answer.write(false, &mut bytes).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nAllow: GET\r\n\
             Content-Length: 10\r\nConnection: close\r\n\r\nnot found\n"
        );
        let mut head = Vec::new();
        answer.write(true, &mut head).unwrap();
        assert!(head.ends_with(b"Content-Length: 10\r\nConnection: close\r\n\r\n"));
    }
}
