//! The affinity of a thread in words, by `affinity-format-var` or another format
//! (OpenMP 5.2, 4.3 and 21.2.5).

use crate::affinity::thread_binding::Displayed;
use crate::icv::{self, affinity_format};
use crate::messages::{self, shortened};
use crate::parallel::{binding, league};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
use crate::team::thread::Thread;

/// The long names of the fields, and their letters.
const FIELDS: [(&str, u8); 10] = [
    ("team_num", b't'),
    ("num_teams", b'T'),
    ("nesting_level", b'L'),
    ("thread_num", b'n'),
    ("num_threads", b'N'),
    ("ancestor_tnum", b'a'),
    ("host", b'H'),
    ("process_id", b'P'),
    ("native_thread_id", b'i'),
    ("thread_affinity", b'A'),
];

/// A field's value.
enum Value {
    /// A number, which may be filled up with zeros.
    Number(String),
    /// A text, which is filled up with blanks.
    Text(Vec<u8>),
}

impl Value {
    fn len(&self) -> usize {
        match self {
            Value::Number(text) => text.len(),
            Value::Text(text) => text.len(),
        }
    }
}

/// The format with its fields filled in, or a description of its fault.
fn expand(format: &[u8], field: impl Fn(u8) -> Option<Value>) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let mut padding = MAX_PADDING_CHARS;
    let mut rest = format;
    while let Some((&c, after)) = rest.split_first() {
        rest = after;
        if c != b'%' {
            text.push(c);
            continue;
        }
        if let Some(after) = rest.strip_prefix(b"%") {
            rest = after;
            text.push(c);
            continue;
        }
        let zero = rest.starts_with(b"0");
        rest = &rest[usize::from(zero)..];
        let right = rest.starts_with(b".");
        rest = &rest[usize::from(right)..];
        // A zero without the dot that belongs to it means nothing, as in libomp.
        let zero = zero && right;
        let digits = match rest.first() {
            Some(b'1'..=b'9') => rest.iter().take_while(|c| c.is_ascii_digit()).count(),
            _ => 0,
        };
        let width = rest[..digits].iter().fold(0usize, |width, digit| {
            width
                .saturating_mul(10)
                .saturating_add(usize::from(digit - b'0'))
        });
        rest = &rest[digits..];
        if right && digits == 0 {
            let fault = "leading zero or right justification in affinity format requires size";
            return Err(fault.into());
        }
        let value = name(&mut rest)?
            .and_then(&field)
            .unwrap_or_else(|| Value::Text(UNKNOWN.into()));
        let before = text.len();
        let natural = value.len();
        fill(&mut text, value, width.min(natural + padding), zero, right);
        padding -= text.len() - before - natural;
    }
    Ok(text)
}

/// What the specification prints for a field that the implementation does not know.
const UNKNOWN: &[u8] = b"undefined";

/// The most zeros and blanks that fill up fields, all fields together: a short format must
/// not make gigabytes.
const MAX_PADDING_CHARS: usize = 1 << 20;

/// A user's name as a message shows it: on one line, and shortened.
fn in_message(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let (name, rest) = shortened(&name);
    format!("{}{rest}", name.escape_debug())
}

/// Takes a field's letter or long name from the text. Answers the letter; `None` for a long
/// name that stands for no field.
fn name(rest: &mut &[u8]) -> Result<Option<u8>, String> {
    let Some(long) = rest.strip_prefix(b"{") else {
        let Some((&letter, after)) = rest.split_first() else {
            return Err("type missing at the end of affinity format".into());
        };
        *rest = after;
        return Ok(Some(letter));
    };
    let Some(end) = long.iter().position(|&c| c == b'}') else {
        return Err(format!(
            "unterminated long type name '{}' in affinity format",
            in_message(long)
        ));
    };
    let (long, after) = (&long[..end], &long[end + 1..]);
    *rest = after;
    let known = FIELDS.iter().find(|(name, _)| name.as_bytes() == long);
    Ok(known.map(|&(_, letter)| letter))
}

/// Appends a value in a field of at least `width` characters.
fn fill(text: &mut Vec<u8>, value: Value, width: usize, zero: bool, right: bool) {
    let (value, zero) = match value {
        Value::Number(value) => (value.into_bytes(), zero),
        Value::Text(value) => (value, false),
    };
    let pad = width.saturating_sub(value.len());
    let (before, after) = match (zero, right) {
        (true, _) if value.starts_with(b"-") => value.split_at(1),
        (true, _) if value.starts_with(b"0x") => value.split_at(2),
        (true, _) | (_, true) => value.split_at(0),
        _ => value.split_at(value.len()),
    };
    text.extend(before);
    text.extend(std::iter::repeat_n(if zero { b'0' } else { b' ' }, pad));
    text.extend(after);
}

/// Describes the affinity of the calling thread, which is `member` of `team`, in the format
/// `format`, or in that of `affinity-format-var` if `format` is empty. A bad format ends
/// the process, as in libgomp; an unknown field does not.
pub fn describe(format: &[u8], thread: &Thread, team: &Team, member: &Member) -> Vec<u8> {
    let var;
    let format = if format.is_empty() {
        var = affinity_format::format(icv::globals());
        &var
    } else {
        format
    };
    let number = |n: u32| Some(Value::Number(n.to_string()));
    let field = |letter| match letter {
        b't' => number(league::here().num),
        b'T' => number(league::here().size),
        b'L' => number(team.region.level.get()),
        b'n' => number(member.num),
        b'N' => number(team.size()),
        b'a' => match team.region.outer.get() {
            Some(outer) => number(outer.member.num),
            None => Some(Value::Number("-1".into())),
        },
        b'H' => Some(Value::Text(host_name())),
        b'P' => number(std::process::id()),
        // SAFETY: this call only answers.
        b'i' => Some(Value::Number(format!("{:#x}", unsafe {
            libc::pthread_self()
        }))),
        b'A' => {
            let affinity = &icv::globals().affinity;
            let place = thread.binding.place.get();
            let cpus = place.map_or(&affinity.mask, |place| &affinity.places[place as usize]);
            Some(Value::Text(cpus.to_string().into_bytes()))
        }
        _ => None,
    };
    expand(format, field).unwrap_or_else(|fault| messages::fatal(fault))
}

/// [`describe`] for the calling thread in its current team.
pub fn describe_current(format: &[u8]) -> Vec<u8> {
    let thread = current();
    binding::bind_master(thread);
    let place = thread.context();
    describe(format, thread, place.team, place.member)
}

/// Writes the description of the calling thread's affinity to stderr, or to stdout where this
/// library stands for libomp; `format` is that of [`describe`].
pub fn display(format: &[u8]) {
    write_line(describe_current(format));
}

/// Displays the calling thread's affinity for `OMP_DISPLAY_AFFINITY`, if the region is the
/// thread's first one, or anything has changed that the fields tell (OpenMP 5.2, 21.2.5).
pub(crate) fn display_if_changed(thread: &Thread, team: &Team, member: &Member) {
    let region = &team.region;
    let now = Displayed {
        level: region.level.get(),
        num: member.num,
        size: team.size(),
        outer: (region.outer.get()).map(|outer| core::ptr::from_ref(outer.member).addr()),
        place: thread.binding.place.get(),
        placement: region.affinity.get(),
    };
    if thread.binding.displayed.get() != Some(now) {
        thread.binding.displayed.set(Some(now));
        write_line(describe(b"", thread, team, member));
    }
}

fn write_line(mut line: Vec<u8>) {
    line.push(b'\n');
    if icv::globals().affinity_on_stdout {
        messages::write_to_stdout(&line);
    } else {
        messages::write(&line);
    }
}

fn host_name() -> Vec<u8> {
    let mut name = vec![0u8; 256];
    // SAFETY: the buffer has one byte more than the call may write, so a zero stays at its
    // end.
    let told = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    let end = name.iter().position(|&c| c == 0).unwrap_or(0);
    name.truncate(end);
    if told == 0 {
        name
    } else {
        b"node".to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(format: &str) -> Result<String, String> {
        let field = |letter| match letter {
            b'n' => Some(Value::Number("7".into())),
            b'a' => Some(Value::Number("-1".into())),
            b'i' => Some(Value::Number("0x2a".into())),
            b'A' => Some(Value::Text("0-1".into())),
            _ => None,
        };
        expand(format.as_bytes(), field).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn wide_fields_end_somewhere() {
        let length = |format: &str| expanded(format).map(|text| text.len());
        assert_eq!(length("%1000n"), Ok(1000));
        assert_eq!(length("%99999999999999999999n"), Ok(MAX_PADDING_CHARS + 1));
        let many = "%0.99999999999999999999n%1000000000A".repeat(100);
        assert_eq!(length(&many), Ok(MAX_PADDING_CHARS + 100 * 4));
    }

    #[test]
    fn fields() {
        for (format, text) in [
            ("", ""),
            ("n%n %% %{thread_num}%{ancestor_tnum}.", "n7 % 7-1."),
            ("|%3n|%.3n|%0.3n|", "|7  |  7|007|"),
            ("|%4a|%.4a|%0.4a|", "|-1  |  -1|-001|"),
            ("|%6i|%.6i|%0.6i|", "|0x2a  |  0x2a|0x002a|"),
            ("|%5A|%.5A|%0.5A|%2A|", "|0-1  |  0-1|  0-1|0-1|"),
            ("%.10{thread_affinity}", "       0-1"),
            ("%1n%0.1n", "77"),
            (
                "|%q|%.11q|%0.11{foo}|",
                "|undefined|  undefined|  undefined|",
            ),
            ("|%04n|%0n|%00.3n|", "|7   |7|undefined.3n|"),
        ] {
            assert_eq!(expanded(format).as_deref(), Ok(text), "{format:?}");
        }
    }

    /// libgomp's words, but for the first.
    #[test]
    fn faults() {
        for (format, fault) in [
            ("%", "type missing at the end of affinity format"),
            (
                "%.n",
                "leading zero or right justification in affinity format requires size",
            ),
            (
                "%.05n",
                "leading zero or right justification in affinity format requires size",
            ),
            (
                "%{f\no",
                r"unterminated long type name 'f\no' in affinity format",
            ),
            (
                "%{foo",
                "unterminated long type name 'foo' in affinity format",
            ),
        ] {
            assert_eq!(expanded(format), Err(fault.into()), "{format:?}");
        }
    }
}
