#!/bin/bash
# parsedmarc.sh ROOT - installs parsedmarc, a reader of reports, into ROOT/parsedmarc; needs python3 with venv, and PyPI.
set -euo pipefail
mkdir -p "$1"
cd "$1"
# A venv cannot be moved, so what was left half done is made anew.
exec 9>parsedmarc.lock
flock 9
[[ ! -e parsedmarc/ready ]] || exit 0
rm -rf parsedmarc
python3 -m venv parsedmarc
parsedmarc/bin/pip install --quiet --disable-pip-version-check parsedmarc==11.1.0
touch parsedmarc/ready
