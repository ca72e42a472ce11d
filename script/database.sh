# What script/mariadb and script/mysql share, sourced by them: a server of our own in one folder, known by it. They give $kind and $action,
# call `place DIR`, define  sql (as its owner),  prepare (binaries and data),  serve PORT (exec it)  and  rights (more of them), then call `run`.
pid() { # of our server, where it lives; a pid that was given to another process is not ours
  local number
  number=$(cat "$dir/pid" 2>/dev/null) || return 1
  [ -n "$number" ] && tr '\0' ' ' 2>/dev/null <"/proc/$number/cmdline" | grep -qF -- "--datadir=$dir/data" && echo "$number"
}
answers() { sql -e 'SELECT 1' >/dev/null 2>&1; }
cannot() { echo "script/$kind: $*" >&2; exit 69; }
failed() { tail -20 "$dir/$1" >&2; echo "script/$kind: $2" >&2; exit 1; }
secret() { od -An -N15 -tx1 /dev/urandom | tr -d ' \n'; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

place() { # $1: the folder
  mkdir -p "$1"
  dir=$(cd "$1" && pwd)
  # The path of a socket has at most 107 bytes.
  socket=$dir/sock
  [ ${#socket} -lt 100 ] || socket=/tmp/fx-$kind-$(id -u)-$(cksum <<<"$dir" | cut -d' ' -f1).sock
}

end() { # with signal $1
  local number turn
  if number=$(pid); then
    kill "-$1" "$number"
    for turn in $(seq 600); do kill -0 "$number" 2>/dev/null || break; sleep 0.1; done
    ! kill -0 "$number" 2>/dev/null || { echo "script/$kind: process $number does not end" >&2; exit 1; }
  fi
  rm -f "$dir/pid"
}

start() {
  local port=$1 started turn
  echo "$port" >"$dir/port"
  serve "$port" </dev/null >>"$dir/log" 2>&1 &
  started=$!
  echo "$started" >"$dir/pid"
  for turn in $(seq 600); do
    if answers; then return; fi
    kill -0 "$started" 2>/dev/null || failed log "the server ended"
    sleep 0.1
  done
  failed log "no answer within a minute"
}

# Its user and what he may; the settings of who uses it.
settle() {
  local password
  if [ ! -e "$dir/secret" ]; then
    password=$(secret)
    sql <<SQL
CREATE DATABASE IF NOT EXISTS future CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
DROP USER IF EXISTS future@'127.0.0.1';
CREATE USER future@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON \`future%\`.* TO future@'127.0.0.1';
GRANT $(rights) ON *.* TO future@'127.0.0.1';
SQL
    (umask 077; printf 'DB_USERNAME=future\nDB_PASSWORD=%s\nDB_DATABASE=future\n' "$password" >"$dir/secret")
  fi
  (umask 077; { printf 'FX_%s_DIR=%s\nDB_HOST=127.0.0.1\nDB_PORT=%s\n' "${kind^^}" "$dir" "$(cat "$dir/port")"; cat "$dir/secret"; } >"$dir/env")
}

run() { # $1: the wanted port, or none
  local number
  case $action in
    status) if number=$(pid) && answers; then echo "serves, process $number, $dir/env"; else echo "is not running"; exit 1; fi; exit ;;
    down) end TERM; exit ;;
    kill) end KILL; exit ;;
  esac
  if number=$(pid) && answers; then echo "serves already, process $number, $dir/env"; exit; fi
  prepare
  start "${1:-$(cat "$dir/port" 2>/dev/null || free_port)}"
  settle
  echo "serves on 127.0.0.1:$(cat "$dir/port"), process $(pid), settings in $dir/env"
}
