//! Files as others write them: what is read of them is right, or they are refused with what to do.

mod bounds; // what footers claim of values: never a number by a claim alone
mod chance; // any few files: every filter finds what is there
mod damaged; // one damaged file among sound ones
mod drift; // columns that come later, types that differ from file to file
mod forge; // Parquet with footers that were never true, and types that arrow does not write
mod landing; // which files of a folder count; folders of table formats; what folders' names say
mod types; // zones, INT96, UUID, nested and rare types, names
