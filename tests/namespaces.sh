# Sourced by scripts that mount, or run a pcscd of their own.
#
# inside -m|-mn "$0" "$@": the script begins anew as root of a mount namespace of its own, with -mn of a network namespace
# too. Returns inside of them, or fails where they are not its own.
#
# shellcheck shell=bash
inside() {
	local flags=$1 root=() mount net
	shift
	if [ -n "${KEYROOM_INSIDE:-}" ]; then
		read -r mount net <<<"$KEYROOM_INSIDE"
		[ "$mount" != "$(readlink /proc/self/ns/mnt)" ] || return 1
		[ "$flags" = -m ] || [ "$net" != "$(readlink /proc/self/ns/net)" ]
		return
	fi
	KEYROOM_INSIDE="$(readlink /proc/self/ns/mnt) $(readlink /proc/self/ns/net)"   # those outside
	export KEYROOM_INSIDE
	[ "$(id -u)" = 0 ] || root=(--map-root-user)
	if unshare "${root[@]}" "$flags" true 2>/dev/null; then
		exec unshare "${root[@]}" "$flags" bash "$@"
	fi
	# Below a chroot the root of the tree is no mount of ours: its propagation is changed from the namespace's own root.
	exec unshare "${root[@]}" --propagation unchanged "$flags" bash -c \
		'nsenter --mount=/proc/self/ns/mnt mount --make-rprivate / && exec bash "$@"' enter "$@"
}
