# What a jar says of itself; for the three scripts.

# A manifest on standard input, its folded lines joined.
unfolded() {
    tr -d '\r' | awk '/^ / { line = line substr($0, 2); next } NR > 1 { print line } { line = $0 } END { print line }'
}

# One attribute of a manifest on standard input.
attribute() {
    unfolded | sed -n "s/^$1:[[:space:]]*//p" | head -n 1
}

# The main class of the jar that is unpacked in $1, or nothing.
main_class() {
    [ -f "$1/META-INF/MANIFEST.MF" ] && attribute Main-Class < "$1/META-INF/MANIFEST.MF"
    return 0
}

# The name of the one jar with a main class in $1, or nothing.
single_jar() {
    found=
    for jar in "$1"/*.jar; do
        [ -f "$jar" ] || continue
        if [ -n "$(unzip -p "$jar" META-INF/MANIFEST.MF 2>/dev/null | attribute Main-Class)" ]; then
            [ -z "$found" ] || return 0
            found=$(basename "$jar")
        fi
    done
    printf '%s' "$found"
}
