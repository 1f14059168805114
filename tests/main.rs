//! Behaviour of the whole crate, one file per subject.
mod generate;
mod publish;
mod s3_server;
mod semantic;
mod storage;
