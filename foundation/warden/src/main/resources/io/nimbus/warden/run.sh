# Runs one main process and leaves its status, whatever becomes of the agent.
# 1 status file, 2 identity file, 3 output, 4 errors, 5 open files, 6 folder, 7 marker, 8... the command, which first gives up
# root's rights, if there are any, and only then sets the app's variables: LD_PRELOAD is one.
ulimit -n "$5"
cd "$6" || exit 1
NIMBUS_CONTAINER="$7" setsid /bin/sh -c '
  cat "/proc/$$/stat" /proc/sys/kernel/random/boot_id >"$2.new" && mv "$2.new" "$2"
  exec >>"$3" 2>>"$4" </dev/null
  shift 7
  exec "$@"' sh "$@"
echo "$?" >"$1.new" && mv "$1.new" "$1"
