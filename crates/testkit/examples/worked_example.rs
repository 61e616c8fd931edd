//! Writes the document of the worked example.

use testkit::worked_example::{WorkedExample, document};

fn main() {
    print!("{}", document(&WorkedExample::read()));
}
