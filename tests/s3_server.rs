//! A real S3 server for tests: moto's, from its Python package, on a free port of this machine.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use halescore::storage::Storage;

use crate::python;

/// Starts the server, makes the bucket `hale`, prints the port, and ends when nobody holds its input any more.
const SCRIPT: &str = "
import sys, boto3
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
boto3.client('s3', endpoint_url=f'http://127.0.0.1:{port}', region_name='us-east-1',
             aws_access_key_id='test', aws_secret_access_key='test').create_bucket(Bucket='hale')
print(port, flush=True)
sys.stdin.read()
server.stop()
";

/// The server, as long as the test binary runs.
pub struct S3Server {
    port: u16,
    // Its input is closed when this process ends, which ends the server.
    _process: Child,
}

/// The server, started once; `None`, with the reason printed, where there is no Python with moto and boto3.
pub fn s3_server() -> Option<&'static S3Server> {
    static SERVER: OnceLock<Result<S3Server, String>> = OnceLock::new();
    python::or_skip(SERVER.get_or_init(start).as_ref())
}

fn start() -> Result<S3Server, String> {
    python::has(&["moto", "boto3", "flask"])?;
    let mut process = Command::new(python::interpreter())
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let output = process.stdout.take().expect("its output was asked for");
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
    let port = line.trim().parse().map_err(|_| "moto's server does not start".to_owned())?;
    Ok(S3Server { port, _process: process })
}

impl S3Server {
    /// What the environment would hold to use the server.
    pub fn options(&self) -> Vec<(String, String)> {
        let options = [
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests".to_owned()),
        ];
        options.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// A root in the server's bucket.
    pub fn storage(&self, folder: &str) -> Storage {
        Storage::open_with(&format!("s3://hale/{folder}"), Path::new("/"), self.options()).unwrap()
    }
}
