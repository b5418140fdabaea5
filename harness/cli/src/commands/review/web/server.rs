//! Serves requests on a socket, each connection in a thread of its own, with limits on how long one may
//! take. A client that is slow or wrong ends nobody's work but its own.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{Answer, Request, Unread};

/// Connections at a time. For a further one, the one that has been silent for longest is closed.
const CONNECTIONS_MAX: usize = 64;
/// How long a request may take to come in, and an answer to go out.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait where the system has no room for a connection.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a client has to close its side, so that it reads the answer before it sees the end.
const FAREWELL: Duration = Duration::from_millis(500);

/// Answers requests while `work` runs; ends when it does. Answers that were begun are finished.
pub(super) fn serve<T>(
    listener: &TcpListener,
    handler: &(dyn Fn(&Request) -> Answer + Sync),
    work: impl FnOnce() -> T,
) -> io::Result<T> {
    let server = &Server {
        address: listener.local_addr()?,
        has_ended: AtomicBool::new(false),
        connections: Mutex::default(),
    };
    Ok(thread::scope(|scope| {
        let end = End(server);
        let accepting = scope.spawn(move || {
            let mut number = 0;
            for stream in listener.incoming() {
                if server.has_ended.load(Ordering::SeqCst) {
                    break;
                }
                // What fails here is the connection of one client.
                let Ok(stream) = stream else {
                    thread::sleep(PAUSE);
                    continue;
                };
                number += 1;
                if let Some(connection) = server.connection(number, &stream) {
                    let spawned = thread::Builder::new().spawn_scoped(scope, move || {
                        connection.answer(&stream, handler);
                    });
                    drop(spawned);
                }
            }
        });
        let done = work();
        drop(end);
        while !accepting.is_finished() {
            server.wake();
            thread::sleep(PAUSE);
        }
        done
    }))
}

struct Server {
    address: SocketAddr,
    has_ended: AtomicBool,
    /// The connections, by number; `None` for one that is being answered or was closed.
    connections: Mutex<BTreeMap<u64, Option<TcpStream>>>,
}

impl Server {
    fn connections(&self) -> MutexGuard<'_, BTreeMap<u64, Option<TcpStream>>> {
        // A map is whole whatever became of who held it.
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Has whoever waits for a connection see one, and that it is the last.
    fn wake(&self) {
        let _ = TcpStream::connect(self.address);
    }

    /// Takes a connection, if there is room or room can be made.
    fn connection(&self, number: u64, stream: &TcpStream) -> Option<Connection<'_>> {
        let mut connections = self.connections();
        if self.has_ended.load(Ordering::SeqCst) {
            return None;
        }
        if connections.len() >= CONNECTIONS_MAX {
            // Those that are being answered are done soon; there is always time for them.
            let silent = connections.values_mut().find(|it| it.is_some())?.take();
            let _ = silent?.shutdown(Shutdown::Both);
        }
        connections.insert(number, Some(stream.try_clone().ok()?));
        Some(Connection {
            server: self,
            number,
        })
    }
}

/// Ends the server when it goes, however that comes about.
struct End<'s>(&'s Server);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let connections = self.0.connections();
        self.0.has_ended.store(true, Ordering::SeqCst);
        for stream in connections.values().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(connections);
        self.0.wake();
    }
}

/// A connection; it is forgotten when this goes.
struct Connection<'s> {
    server: &'s Server,
    number: u64,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.server.connections().remove(&self.number);
    }
}

impl Connection<'_> {
    fn answer(&self, stream: &TcpStream, handler: &dyn Fn(&Request) -> Answer) {
        let request = Request::read(&mut Timed::new(stream));
        // From here on it is not cut off.
        let waiting = self.server.connections().insert(self.number, None);
        let is_head = matches!(&request, Ok(request) if request.method == "HEAD");
        let answer = match request {
            Ok(request) => handler(&request),
            Err(Unread::Bad(answer)) => answer,
            Err(Unread::Gone) => return,
        };
        let answer = secure(answer);
        if answer.write(is_head, &mut Timed::new(stream)).is_err() {
            return;
        }
        if let Some(waiting) = waiting {
            self.server.connections().insert(self.number, waiting);
        }
        // What is left unread would take the answer away from the client.
        let _ = stream.shutdown(Shutdown::Write);
        let mut rest = Timed::within(stream, FAREWELL);
        let mut buffer = [0; 4096];
        while !self.server.has_ended.load(Ordering::SeqCst) {
            if !matches!(rest.read(&mut buffer), Ok(1..)) {
                break;
            }
        }
    }
}

/// What every answer says.
fn secure(answer: Answer) -> Answer {
    answer
        .with("Cache-Control", "no-store")
        .with("Referrer-Policy", "no-referrer")
        .with("X-Content-Type-Options", "nosniff")
        .with("X-Frame-Options", "DENY")
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("Cross-Origin-Resource-Policy", "same-origin")
}

/// A stream that must be done in time, however little it does at a time.
struct Timed<'s> {
    stream: &'s TcpStream,
    until: Instant,
}

impl<'s> Timed<'s> {
    fn new(stream: &'s TcpStream) -> Self {
        Self::within(stream, PATIENCE)
    }

    fn within(stream: &'s TcpStream, time: Duration) -> Self {
        Self {
            stream,
            until: now() + time,
        }
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        match self.until.saturating_duration_since(now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

pub(super) fn now() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "clients may take only so long; no record knows of it"
    )]
    Instant::now()
}
