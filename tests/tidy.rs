//! House rules that are tests: each prints every place that breaks it and what to do.
//!
//! The map of floors is read from `src/README.md`, the index of RFCs from `src/RFCS.md`.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, files, folders, has_word, read, root, split};

/// A file longer than this holds two subjects.
const MAX_LINES: usize = 900;
/// Names that say nothing about what is inside.
const BANNED_NAMES: [&str; 8] =
    ["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"];

/// Every Rust file of the house, the fuzz targets' own workspace included.
fn rust_files() -> Vec<String> {
    ["src", "commands", "tests", "benches"].iter().flat_map(|folder| files(folder, ".rs")).collect()
}

fn sources() -> impl Iterator<Item = (String, Source)> {
    rust_files().into_iter().map(|path| {
        let source = split(&read(&path));
        (path, source)
    })
}

#[track_caller]
fn none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}\n  {}\n", found.join("\n  "));
}

/// One crate as its manifest states it.
struct Manifest {
    path: String,
    /// Section name and dependency line, for the three kinds of dependencies.
    dependencies: Vec<(String, String)>,
}

fn manifest(path: String) -> Manifest {
    let text = read(&path);
    let mut section = String::new();
    let mut dependencies = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if section.ends_with("dependencies") && !line.is_empty() && !line.starts_with('#') {
            dependencies.push((section.clone(), line.to_owned()));
        }
    }
    Manifest { path, dependencies }
}

/// The crates of the workspace beside the root package.
fn members() -> Vec<Manifest> {
    let mut paths: Vec<String> = folders("src").iter().map(|room| format!("src/{room}/Cargo.toml")).collect();
    paths.push("tests/kit/Cargo.toml".to_owned());
    paths.into_iter().map(manifest).collect()
}

/// Place of every room in the house: floor, then position from the left.
fn floors() -> BTreeMap<String, (u32, usize)> {
    let text = read("src/README.md");
    let mut rooms = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(floor) = words.next().and_then(|word| word.parse::<u32>().ok()) else { continue };
        let names = words.skip_while(|word| word.chars().all(|c| c.is_ascii_uppercase()));
        for (place, room) in names.enumerate() {
            let twice = rooms.insert(room.to_owned(), (floor, place));
            assert!(twice.is_none(), "src/README.md names the room {room} twice");
        }
    }
    assert!(rooms.contains_key("address"), "src/README.md has no table of floors that can be read");
    rooms
}

#[test]
fn the_map_names_every_room() {
    let rooms: BTreeSet<String> = floors().into_keys().collect();
    let built: BTreeSet<String> = folders("src").into_iter().collect();
    let found: Vec<String> = built.symmetric_difference(&rooms).cloned().collect();
    none("rooms that only src/ or only the table in src/README.md has:", &found);
}

#[test]
fn rooms_use_lower_floors_or_rooms_to_their_left() {
    let floors = floors();
    let mut found = Vec::new();
    for Manifest { path, dependencies } in members().into_iter().filter(|m| m.path.starts_with("src/")) {
        let room = path.split('/').nth(1).unwrap();
        let Some(here) = floors.get(room) else { continue };
        for (section, line) in dependencies {
            let name: String =
                line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
            let Some(used) = name.strip_prefix("mox-") else { continue };
            if used == "testkit" && section == "dev-dependencies" {
                continue;
            }
            match floors.get(used) {
                Some(there) if there < here => {}
                Some(_) => {
                    found.push(format!("{path}: {room} uses {used}, which is above it or to its right"))
                }
                None => {
                    found.push(format!("{path}: {room} uses {used}, which has no floor in src/README.md"))
                }
            }
        }
    }
    none(
        "a room uses rooms on lower floors or to its left; cut the edge with a seam in the lower room:",
        &found,
    );
}

#[test]
fn third_party_versions_stand_in_the_root_manifest_only() {
    let mut found = Vec::new();
    for Manifest { path, dependencies } in members().into_iter().chain([manifest("Cargo.toml".to_owned())]) {
        for (section, line) in dependencies {
            let inherited = line.contains(".workspace = true") || line.contains("workspace = true");
            if section != "workspace.dependencies" && !inherited {
                found.push(format!("{path} [{section}]: {line}"));
            }
        }
    }
    none("write `name.workspace = true` and put version and features into the root Cargo.toml:", &found);
}

#[test]
fn every_third_party_dependency_has_a_reason() {
    let found: Vec<String> = manifest("Cargo.toml".to_owned())
        .dependencies
        .into_iter()
        .filter(|(section, line)| section == "workspace.dependencies" && !line.starts_with("mox-"))
        .filter(|(_, line)| line.rsplit_once("# ").is_none_or(|(_, reason)| reason.trim().len() < 4))
        .map(|(_, line)| line)
        .collect();
    none("say in a comment behind it why the house needs this crate:", &found);
}

#[test]
fn every_file_starts_with_what_it_is_for() {
    let found: Vec<String> = rust_files()
        .into_iter()
        .filter(|path| {
            let text = read(path);
            let first = text.lines().next().unwrap_or("");
            first.strip_prefix("//! ").is_none_or(|sentence| sentence.len() < 10)
        })
        .collect();
    none("the first line of a file is a `//!` sentence that says what the file is for:", &found);
}

#[test]
fn files_hold_one_subject() {
    let found: Vec<String> = rust_files()
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(&format!("split files over {MAX_LINES} lines:"), &found);
}

#[test]
fn names_say_what_is_inside() {
    let found: Vec<String> = rust_files()
        .into_iter()
        .filter(|path| path.trim_end_matches(".rs").split('/').any(|part| BANNED_NAMES.contains(&part)))
        .collect();
    none(&format!("name these after their subject, not one of {BANNED_NAMES:?}:"), &found);
}

#[test]
fn platform_differences_stay_in_platform() {
    let systems = ["unix", "windows", "target_os", "target_family"];
    let mut found = Vec::new();
    for (path, source) in sources().filter(|(path, _)| !path.starts_with("src/platform/")) {
        for (at, line) in source.lines() {
            let switch = (has_word(line, "cfg") || has_word(line, "cfg_attr"))
                && systems.iter().any(|system| has_word(line, system));
            if switch || has_word(line, "unsafe") {
                found.push(format!("{path}:{at}: {}", line.trim()));
            }
        }
    }
    none(
        "`unsafe` and system switches belong into src/platform, behind a function that every system has:",
        &found,
    );
}

#[test]
fn lint_exceptions_have_reasons() {
    let mut found = Vec::new();
    for (path, source) in sources() {
        for (at, _) in source.code.match_indices("[allow(").chain(source.code.match_indices("[expect(")) {
            let rest = &source.code[at..];
            let attribute = &rest[..rest.find(")]").unwrap_or(rest.len())];
            if !has_word(attribute, "reason") {
                let line = source.code[..at].lines().count();
                found.push(format!("{path}:{line}: {attribute}"));
            }
        }
    }
    none("a lint exception says why: `#[expect(lint, reason = \"...\")]`:", &found);
}

#[test]
fn no_module_is_forgotten() {
    let mut found = Vec::new();
    for path in rust_files().into_iter().filter(|path| !path.starts_with("tests/fuzz/")) {
        let (folder, file) = path.rsplit_once('/').unwrap();
        let name = file.trim_end_matches(".rs");
        let roots = ["tests/main.rs", "tests/interop/main.rs", "commands/main.rs", "commands/lib.rs"];
        if name == "lib" || name == "build" || roots.contains(&path.as_str()) || path.starts_with("benches/")
        {
            continue;
        }
        // `x/mod.rs` is the module x of the folder above; a module is declared by its folder's root file or by
        // the file with the folder's name, and may be named by `#[path]`.
        let (name, folder, named) = match folder.rsplit_once('/') {
            Some((above, last)) if name == "mod" => (last, above, format!("#[path = \"{last}/mod.rs\"]")),
            _ => (name, folder, format!("#[path = \"{file}\"]")),
        };
        let parents = ["lib.rs", "main.rs", "mod.rs"].map(|file| format!("{folder}/{file}"));
        // The tests of a file may be in `tests/` beside it, under any name.
        let beside = folder.strip_suffix("/tests").into_iter().flat_map(|above| {
            rust_files()
                .into_iter()
                .filter(move |file| file.rsplit_once('/').is_some_and(|(at, _)| at == above))
        });
        let by_path = format!("#[path = \"tests/{file}\"]");
        if beside.into_iter().any(|parent| read(&parent).contains(&by_path)) {
            continue;
        }
        let parents = parents.into_iter().chain([format!("{folder}.rs")]);
        let declared = parents.filter(|parent| root().join(parent).is_file()).any(|parent| {
            let text = read(&parent);
            let declaration = format!("mod {name};");
            text.contains(&named)
                || split(&text).code.lines().any(|line| line.trim_end().ends_with(&declaration))
        });
        if !declared {
            found.push(format!("{path}: no `mod {name};` in {folder}"));
        }
    }
    none("files that no module declares are never compiled:", &found);
}

/// A line of `src/RFCS.md`.
struct Indexed {
    number: u32,
    status: String,
    rooms: Vec<String>,
}

fn rfc_index() -> Vec<Indexed> {
    let rows = read("src/RFCS.md")
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [number, _title, status, rooms] = cells.as_slice() else { return None };
            let number = number.parse().ok()?;
            let rooms = rooms.split_whitespace().map(str::to_owned).collect();
            Some(Indexed { number, status: (*status).to_owned(), rooms })
        })
        .collect::<Vec<_>>();
    assert!(rows.len() > 20, "src/RFCS.md has no table that can be read");
    rows
}

/// RFC numbers that comments mention, and the files that do.
fn rfc_references() -> BTreeMap<u32, BTreeSet<String>> {
    let mut references: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for (path, source) in sources().filter(|(path, _)| !path.starts_with("tests/")) {
        // A list may go on in the next comment line.
        let text = source.comments.replace(",\n/! ", ", ").replace(",\n// ", ", ").replace(",\n/ ", ", ");
        for number in rfc_numbers(&text) {
            references.entry(number).or_default().insert(path.clone());
        }
    }
    references
}

/// The numbers in `RFC 5321 §4.1, §4.2, 1870, 2034` and the like; not the count in `RFC 5321, 1000 octets`.
fn rfc_numbers(text: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    for (at, word) in text.match_indices("RFC ") {
        for (place, item) in text[at + word.len()..].split(", ").enumerate() {
            let item = item.trim_start();
            if place > 0 && item.starts_with('§') {
                continue;
            }
            let end = item.find(|c: char| !c.is_ascii_digit()).unwrap_or(item.len());
            let (digits, after) = item.split_at(end);
            let counts = after.strip_prefix(' ').is_some_and(|word| word.starts_with(char::is_lowercase));
            if digits.is_empty() || place > 0 && (digits.len() != 4 || counts) {
                break;
            }
            numbers.extend(digits.parse::<u32>());
        }
    }
    numbers
}

#[test]
fn lists_of_rfcs_are_read() {
    for (text, numbers) in [
        ("(RFC 5321 §4.1)", vec![5321]),
        ("RFC 5321 §4.1, §4.2, 1870, 2034. RFC 822", vec![5321, 1870, 2034, 822]),
        ("RFC 5321, 1000 octets, 2034", vec![5321]),
        ("RFC 5321, or 1870", vec![5321]),
        ("todo RFC ...", vec![]),
    ] {
        assert_eq!(rfc_numbers(text), numbers, "{text}");
    }
}

#[test]
fn the_rfc_index_is_complete_and_in_order() {
    let index = rfc_index();
    assert!(index.is_sorted_by(|a, b| a.number < b.number), "src/RFCS.md: sort by number, each once");
    let listed: BTreeSet<u32> = index.iter().map(|row| row.number).collect();
    let found: Vec<String> = rfc_references()
        .into_iter()
        .filter(|(number, _)| !listed.contains(number))
        .map(|(number, files)| {
            format!("RFC {number}, mentioned in {}", files.into_iter().collect::<Vec<_>>().join(" "))
        })
        .collect();
    none("list these in src/RFCS.md:", &found);
}

#[test]
fn what_the_rfc_index_calls_done_is_referenced_in_its_rooms() {
    let references = rfc_references();
    let none_at_all = BTreeSet::new();
    let mut found = Vec::new();
    for Indexed { number, status, rooms } in rfc_index() {
        let files = references.get(&number).unwrap_or(&none_at_all);
        match status.as_str() {
            "yes" | "partial" => {
                if rooms.is_empty() {
                    found.push(format!("RFC {number}: {status}, but no room is named"));
                }
                for room in rooms {
                    let folder =
                        if room == "commands" { "commands/".to_owned() } else { format!("src/{room}/") };
                    if !files.iter().any(|file| file.starts_with(&folder)) {
                        found.push(format!("RFC {number}: {status}, but no comment in {folder} mentions it"));
                    }
                }
            }
            "planned" | "no" => {}
            other => {
                found.push(format!("RFC {number}: status {other:?} is none of yes, partial, planned, no"))
            }
        }
    }
    none("src/RFCS.md and the comments disagree:", &found);
}

#[test]
fn links_between_documents_resolve() {
    let mut found = Vec::new();
    let documents = files("", ".md").into_iter().chain(files(".github", ".md"));
    for path in documents.filter(|path| !path.starts_with("tests/fuzz/corpus")) {
        let text = read(&path);
        let folder = root().join(&path).parent().unwrap().to_path_buf();
        for (_, rest) in text.match_indices("](").map(|(at, mark)| text.split_at(at + mark.len())) {
            let target = rest.split(')').next().unwrap_or("");
            let file = target.split('#').next().unwrap_or("");
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !outside && !file.is_empty() && !folder.join(file).exists() {
                found.push(format!("{path}: {target}"));
            }
        }
    }
    none("links to files that are not there:", &found);
}
