# Sourced: the files of the tree, tracked or new, build output left out.
# tree_files PATTERN…: git pathspecs, such as '*.cpp'.
tree_files() {
  git -C "$root" ls-files --cached --others --exclude-standard -- "$@" |
    while IFS= read -r file; do
      if [[ -f $root/$file ]]; then printf '%s\n' "$file"; fi
    done
}
cpp_files() { tree_files '*.h' '*.cpp' '*.c' | grep -v '^cgo_bridge/' || true; }
go_modules() { tree_files go.mod '*/go.mod' | grep -v '^tests/host/' | xargs -r -n 1 dirname; }
