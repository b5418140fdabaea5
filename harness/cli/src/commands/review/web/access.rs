//! Who may use the page: whoever knows its address, from a page of this address.
//!
//! The address has a secret in its path. A request must name this very host, so that no other name that
//! was made to lead here (DNS rebinding) does, and what changes something must come from this page.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::http::{Answer, Request};

/// The bytes of the secret: 192 bits.
const SECRET: usize = 24;

/// What a request must know and say.
pub(super) struct Access {
    /// `127.0.0.1` and the port.
    host: String,
    secret: String,
    /// The SHA-256 of the secret: how long two digests take to compare says nothing of the secret.
    digest: [u8; 32],
}

impl Access {
    /// Makes a new secret.
    pub(super) fn new(port: u16) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; SECRET];
        getrandom::fill(&mut bytes)?;
        let secret = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Ok(Self {
            host: format!("127.0.0.1:{port}"),
            digest: Sha256::digest(&secret).into(),
            secret,
        })
    }

    /// The address of the page.
    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.host, self.path())
    }

    /// The path of the page.
    pub(super) fn path(&self) -> String {
        format!("/{}/", self.secret)
    }

    /// What a request asks for, below the path of the page.
    ///
    /// # Errors
    /// The answer to a request that may not ask.
    pub(super) fn place<'r>(&self, request: &'r Request) -> Result<&'r str, Answer> {
        match request.header("host")? {
            Some(host) if host == self.host => {}
            Some(_) => return Err(Answer::text(421, "this is not the host that was asked for")),
            None => return Err(Answer::text(400, "the request has no Host")),
        }
        let unknown = || Answer::text(404, "not found");
        let path = request.path.strip_prefix('/').ok_or_else(unknown)?;
        let (secret, place) = path.split_once('/').ok_or_else(unknown)?;
        let digest: [u8; 32] = Sha256::digest(secret).into();
        if digest != self.digest {
            return Err(unknown());
        }
        if !matches!(&*request.method, "GET" | "HEAD") && !self.is_from_page(request)? {
            return Err(Answer::text(
                403,
                "this does not come from the page of the review",
            ));
        }
        Ok(place)
    }

    /// Whether the page of this address sent a request.
    fn is_from_page(&self, request: &Request) -> Result<bool, Answer> {
        let is_same = match request.header("sec-fetch-site")? {
            Some(site) if site != "same-origin" => return Ok(false),
            site => site.is_some(),
        };
        Ok(match request.header("origin")? {
            // A page that sends no referrer sends no origin with its forms either. Browsers say in
            // another header, which no page can set, that it is the same.
            Some("null") => is_same,
            Some(origin) => origin.strip_prefix("http://") == Some(&*self.host),
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        let secret = "secret".to_owned();
        Access {
            host: "127.0.0.1:80".to_owned(),
            digest: Sha256::digest(&secret).into(),
            secret,
        }
    }

    /// The status of the answer to a request that may not ask, or what it asks for.
    fn asked(line: &str, headers: &[&str]) -> Result<String, String> {
        let mut text = format!("{line} HTTP/1.1\r\n");
        for header in headers {
            text += &format!("{header}\r\n");
        }
        let request = Request::read(&mut format!("{text}\r\n").as_bytes()).unwrap();
        match access().place(&request) {
            Ok(place) => Ok(place.to_owned()),
            Err(answer) => {
                let mut bytes = Vec::new();
                answer.write(false, &mut bytes).unwrap();
                let text = String::from_utf8(bytes).unwrap();
                assert!(!text.contains("secret"), "{text}");
                Err(text[9..12].to_owned())
            }
        }
    }

    #[test]
    fn a_request_needs_the_secret_and_the_host() {
        let check = |line: &str, headers: &[&str], expected: Result<&str, &str>| {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(asked(line, headers), expected, "{line} {headers:?}");
        };
        let host = "Host: 127.0.0.1:80";
        check("GET /secret/", &[host], Ok(""));
        check("GET /secret/state", &[host], Ok("state"));
        for path in [
            "/",
            "/secre/",
            "/secrets/",
            "/secret",
            "*",
            "/%73ecret/",
            "//secret/",
        ] {
            check(&format!("GET {path}"), &[host], Err("404"));
        }
        check("GET /secret/", &[], Err("400"));
        check("GET /secret/", &[host, host], Err("400"));
        for host in [
            "Host: 127.0.0.1",
            "Host: localhost:80",
            "Host: evil.example:80",
        ] {
            check("GET /secret/", &[host], Err("421"));
        }
    }

    #[test]
    fn what_changes_something_comes_from_the_page() {
        let check = |headers: &[&str], expected: bool| {
            let headers = [&["Host: 127.0.0.1:80"], headers].concat();
            let answer = asked("POST /secret/decide", &headers);
            let expected = if expected { Ok("decide") } else { Err("403") };
            assert_eq!(
                answer.as_deref().map_err(String::as_str),
                expected,
                "{headers:?}"
            );
        };
        let ours = "Origin: http://127.0.0.1:80";
        check(&[ours], true);
        check(&[ours, "Sec-Fetch-Site: same-origin"], true);
        check(&["Origin: null", "Sec-Fetch-Site: same-origin"], true);
        check(&[], false);
        check(&["Origin: null"], false);
        check(&["Origin: null", "Sec-Fetch-Site: cross-site"], false);
        check(&[ours, "Sec-Fetch-Site: same-site"], false);
        for origin in [
            "https://127.0.0.1:80",
            "http://127.0.0.1:81",
            "http://evil.example",
        ] {
            check(&[&format!("Origin: {origin}")], false);
        }
    }

    #[test]
    fn every_secret_is_new_and_long() {
        let [one, other] = [1, 2].map(|_| Access::new(1).unwrap());
        assert_ne!(one.secret, other.secret);
        assert!(one.secret.len() * 6 >= 128);
        assert_eq!(one.url(), format!("http://127.0.0.1:1/{}/", one.secret));
    }
}
