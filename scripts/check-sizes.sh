#!/usr/bin/env bash
# No file over 600 lines, unless large-files.txt gives a reason; no reason there
# for a file that does not need one.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/files.sh"

limit=600
reasons=$root/scripts/large-files.txt
failed=0

cd "$root"
while IFS= read -r file; do
  lines=$(wc -l <"$file")
  excused=0
  if grep -qE "^${file//./\\.} +[^ ]" "$reasons"; then excused=1; fi
  if ((lines > limit && !excused)); then
    echo "$file: $lines lines, more than $limit: split it, or give the reason in scripts/large-files.txt"
    failed=1
  elif ((lines <= limit && excused)); then
    echo "$file: $lines lines, its line in scripts/large-files.txt is not needed"
    failed=1
  fi
done < <(tree_files)
exit $failed
