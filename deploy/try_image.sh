#!/usr/bin/env bash
# Builds the Dockerfile and tries the image where there is no engine: as root on Debian, with
# `apt-get install buildah debootstrap`. About five minutes; the base image is made here, of Debian's
# packages and a Python of this machine, so what Docker's own base would bring is not tried.
#
#   deploy/try_image.sh [the folder of a Python, such as ~/.pyenv/versions/3.12.1]
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-$(python3 -c 'import sys; print(sys.base_prefix)')}
work=$(mktemp -d)
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
trap 'rm -rf --one-file-system "$work"' EXIT

echo "== a base in place of $(sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile | head -1)"
base=$(sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile | head -1)
debootstrap --variant=minbase \
    --include=ca-certificates,libbz2-1.0,libffi8,liblzma5,libreadline8,libsqlite3-0,libssl3,tzdata,zlib1g \
    bookworm "$work/base" >/dev/null
cp -a "$python/." "$work/base/usr/local/"
cp /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$work/base/etc/pip.conf"
chroot "$work/base" ldconfig
made=$(buildah from scratch)
buildah add -q "$made" "$work/base" / >/dev/null
buildah config --env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$made"
buildah commit -q --format docker --rm "$made" "docker.io/library/$base" >/dev/null
rm -rf "$work/base"

echo "== the Dockerfile"
buildah bud -q --network host --pull-never --format docker -t sahman-tried . >/dev/null

echo "== run as its user, on a read-only root"
made=$(buildah from --pull-never localhost/sahman-tried)
root=$(buildah mount "$made")
cat >"$work/inside.sh" <<'INSIDE'
set -eu
cd /app
export PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME=/app/.cache
export BOT_FEEDS=/app/config/feeds.yaml BOT_BACKUPS=/app/backups BOT_LISTEN=127.0.0.1:8979
# Nobody answers at that Telegram: Sahman has to live all the same.
export BOT_TOKEN=123456:not-a-token-not-a-token-not-a-token BOT_API_URL=http://127.0.0.1:9
for place in /app/x /etc/x /venv/x; do
    if touch "$place" 2>/dev/null; then echo "FAILED: $place can be written"; exit 1; fi
done
if python -m bot health 2>/dev/null; then echo "FAILED: healthy before it runs"; exit 1; fi
timeout -s TERM 45 python -m bot run 2>/tmp/log & running=$!
sleep 30
python -m bot health || { echo "FAILED: not healthy"; cat /tmp/log; exit 1; }
python -m bot feeds disable "NEWS.am (English)"
python -m bot backup /app/backups/tried.backup
ls /app/backups | grep -q "sahman-" || { echo "FAILED: no backup of the day"; exit 1; }
wait "$running" || true
echo "works: read-only, uid $(id -u), healthy, feeds and backups written"
INSIDE
unshare --mount bash -euc '
    root=$1 work=$2
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    for each in data config backups .cache; do
        mkdir -p "$work/$each"
        cp -a "$root/app/$each/." "$work/$each/"
        chown -R 10001 "$work/$each"
        mount --bind "$work/$each" "$root/app/$each"
    done
    mount -t tmpfs tmpfs "$root/tmp"
    cp "$work/inside.sh" "$root/tmp/"
    mount -o remount,ro,bind "$root"
    chroot --userspec=10001:10001 "$root" /bin/bash /tmp/inside.sh
' - "$root" "$work"
buildah umount "$made" >/dev/null
buildah rm "$made" >/dev/null
