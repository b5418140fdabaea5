//! A browser to look at pages with: Chromium, spoken to through its driver as W3C WebDriver has it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

/// A browser that takes longer than this for anything does not work.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a page that changes by itself is left alone between two looks.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) struct Browser {
    agent: Agent,
    driver: Child,
    session: String,
    _profile: TempDir,
}

/// Starts a browser; `None` if there is none, and the test is skipped.
pub(crate) fn start() -> Option<Browser> {
    let driver = found(&["chromedriver"]);
    let chromium = found(&["chromium", "chromium-browser", "google-chrome"]);
    let (Some(driver), Some(chromium)) = (driver, chromium) else {
        crate::workspace::skipped(
            "there is no browser with its driver (Debian: apt-get install chromium chromium-driver)",
        );
        return None;
    };
    Some(Browser::new(&driver, &chromium))
}

fn found(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let at = |name: &&str| dirs.iter().map(|dir| dir.join(name)).find(|p| p.is_file());
    names.iter().find_map(at)
}

impl Browser {
    fn new(driver: &Path, chromium: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .env("HOME", profile.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port: u16 = lines
            .find_map(|line| {
                let line = line.unwrap();
                let (_, port) = line.split_once("successfully on port ")?;
                Some(port.trim_end_matches('.').parse().unwrap())
            })
            .unwrap();
        // A pipe that nobody reads would stop the driver.
        thread::spawn(move || lines.for_each(drop));
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .proxy(None)
            .build()
            .into();
        let mut browser = Self {
            agent,
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            _profile: profile,
        };
        let data = browser._profile.path().join("data");
        let data = format!("--user-data-dir={}", data.display());
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1200,900",
            &data,
        ];
        let started = browser.post(
            "",
            &json!({ "capabilities": { "alwaysMatch": {
                "goog:chromeOptions": { "args": args, "binary": chromium },
                "goog:loggingPrefs": { "browser": "ALL" },
            }}}),
        );
        browser.session += "/";
        browser.session += started["sessionId"].as_str().unwrap();
        browser
    }

    #[track_caller]
    fn post(&self, command: &str, body: &Value) -> Value {
        let url = format!("{}{command}", self.session);
        let response = self.agent.post(url).send_json(body).unwrap();
        Self::value(response)
    }

    #[track_caller]
    fn value(mut response: ureq::http::Response<ureq::Body>) -> Value {
        let mut answer: Value = response.body_mut().read_json().unwrap();
        let value = answer["value"].take();
        assert!(
            value["error"].is_null(),
            "{}: {}",
            value["error"],
            value["message"]
        );
        value
    }

    pub(crate) fn open(&self, page: &Path) {
        self.visit(&format!("file://{}", page.display()));
    }

    pub(crate) fn visit(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// What a script returns, in the page that is open.
    #[track_caller]
    pub(crate) fn ask(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Evaluates an expression among the scripts of the page: what it changes, they see.
    pub(crate) fn evaluate(&self, expression: &str) {
        self.post(
            "/goog/cdp/execute",
            &json!({ "cmd": "Runtime.evaluate", "params": { "expression": expression } }),
        );
    }

    /// Waits until a script returns true.
    #[track_caller]
    pub(crate) fn until(&self, script: &str) {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if self.ask(script) == true {
                return;
            }
            thread::sleep(PAUSE);
        }
        panic!("never true: {script}");
    }

    /// Presses keys one after the other, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|action| json!({ "type": action, "value": key }))
            })
            .collect();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// Has the system prefer `light` or `dark`.
    pub(crate) fn prefer(&self, look: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": look }]);
        self.post(
            "/goog/cdp/execute",
            &json!({
                "cmd": "Emulation.setEmulatedMedia",
                "params": { "features": features },
            }),
        );
    }

    /// Shows the page on a screen of this width, in pixels.
    pub(crate) fn width(&self, pixels: u32) {
        self.post(
            "/goog/cdp/execute",
            &json!({
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": {
                    "width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": true,
                },
            }),
        );
    }

    /// What the console says, which nothing should have a reason for.
    pub(crate) fn console(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let lines = log.as_array().unwrap().iter();
        lines.map(|line| line["message"].to_string()).collect()
    }

    /// What is to be seen, in base64 of a PNG.
    pub(crate) fn picture(&self) -> String {
        let url = format!("{}/screenshot", self.session);
        let picture = Self::value(self.agent.get(url).call().unwrap());
        picture.as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, the driver when it is told.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
