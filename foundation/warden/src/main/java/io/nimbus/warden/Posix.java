package io.nimbus.warden;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The few system calls that Java has no word for. A forked program would do for each, at 3 to 5 ms
 * a piece and several per container.
 */
final class Posix {
    static final int SIGKILL = 9;
    static final int SIGTERM = 15;

    static final long MS_RDONLY = 1;
    static final long MS_NOSUID = 2;
    static final long MS_NODEV = 4;

    private static final int ESRCH = 3;
    private static final int ENOENT = 2;
    private static final int EINVAL = 22;
    private static final int ELOOP = 40;
    private static final int MNT_DETACH = 2;

    /** The same number on every architecture, as all calls since 5.1. */
    private static final long SYS_OPENAT2 = 437;

    private static final int AT_FDCWD = -100;
    private static final long O_DIRECTORY =
            System.getProperty("os.arch", "").equals("aarch64") ? 0x4000 : 0x10000;
    private static final long O_PATH = 0x200000;
    private static final long O_CLOEXEC = 0x80000;
    private static final long RESOLVE_NO_MAGICLINKS = 2;
    private static final long RESOLVE_IN_ROOT = 0x10;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final VarHandle ERRNO_VALUE =
            Linker.Option.captureStateLayout()
                    .varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle KILL =
            handle(
                    "kill",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle MOUNT =
            handle(
                    "mount",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS));
    private static final MethodHandle UMOUNT =
            handle(
                    "umount2",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle SYSCALL =
            handle(
                    "syscall",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG),
                    Linker.Option.firstVariadicArg(1));

    private Posix() {}

    @SuppressWarnings("restricted") // the types of these functions are as the man pages have them
    private static MethodHandle handle(
            String name, FunctionDescriptor type, Linker.Option... more) {
        var options = new Linker.Option[more.length + 1];
        System.arraycopy(more, 0, options, 0, more.length);
        options[more.length] = ERRNO;
        return LINKER.downcallHandle(
                LINKER.defaultLookup().find(name).orElseThrow(), type, options);
    }

    /** False when there is no such process any more. */
    static boolean kill(long pid, int signal) {
        if (pid <= 1) {
            throw new IllegalArgumentException("pid " + pid + " stands for more than one process");
        }
        return call(errno -> (int) KILL.invokeExact(errno, (int) pid, signal)) != ESRCH;
    }

    static void mount(String source, Path target, String type, long flags, String data)
            throws IOException {
        try (var arena = Arena.ofConfined()) {
            var s = arena.allocateFrom(source);
            var t = arena.allocateFrom(target.toString());
            var k = arena.allocateFrom(type);
            var d = arena.allocateFrom(data);
            var fault = call(errno -> (int) MOUNT.invokeExact(errno, s, t, k, flags, d));
            if (fault != 0) {
                throw new FileSystemException(
                        target.toString(), null, "mount of " + type + " failed: " + text(fault));
            }
        }
    }

    /** Detaches it even while it is in use; nothing happens when nothing is mounted there. */
    static void unmount(Path target) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var t = arena.allocateFrom(target.toString());
            var fault = call(errno -> (int) UMOUNT.invokeExact(errno, t, MNT_DETACH));
            if (fault != 0 && fault != EINVAL && fault != ENOENT) {
                throw new FileSystemException(
                        target.toString(), null, "unmount failed: " + text(fault));
            }
        }
    }

    /**
     * A file or folder below a root that somebody else fills, reached as if the root were the whole
     * world: absolute links and {@code ..} stay within.
     */
    static InRoot open(Path root, Path relative) throws IOException {
        var folder = openAt(AT_FDCWD, root.toString(), O_PATH | O_DIRECTORY, 0);
        try {
            var name = relative.toString().isEmpty() ? "." : relative.toString();
            return new InRoot(
                    openAt(folder, name, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS));
        } finally {
            close(folder);
        }
    }

    /** An open place; {@link #path} is good until it is closed. */
    record InRoot(int descriptor) implements Closeable {
        Path path() {
            return Path.of("/proc/self/fd/" + descriptor);
        }

        boolean isRegularFile() {
            return Files.isRegularFile(path());
        }

        boolean isDirectory() {
            return Files.isDirectory(path());
        }

        /** Where it really lies. */
        Path real() throws IOException {
            return Files.readSymbolicLink(path());
        }

        @Override
        public void close() {
            Posix.close(descriptor);
        }
    }

    private static int openAt(int folder, String name, long flags, long resolve)
            throws IOException {
        try (var arena = Arena.ofConfined()) {
            var path = arena.allocateFrom(name);
            // struct open_how: flags, mode, resolve
            var how = arena.allocate(24, 8);
            how.set(ValueLayout.JAVA_LONG, 0, flags | O_CLOEXEC);
            how.set(ValueLayout.JAVA_LONG, 8, 0);
            how.set(ValueLayout.JAVA_LONG, 16, resolve);
            var result = new long[1];
            var fault =
                    call(errno -> {
                        result[0] =
                                (long)
                                        SYSCALL.invokeExact(
                                                errno, SYS_OPENAT2, (long) folder, path, how, 24L);
                        return result[0] < 0 ? -1 : 0;
                    });
            if (fault == ENOENT) {
                throw new NoSuchFileException(name);
            }
            if (fault != 0) {
                throw new FileSystemException(
                        name, null, fault == ELOOP ? "a link that is not followed" : text(fault));
            }
            return (int) result[0];
        }
    }

    private static void close(int descriptor) {
        call(errno -> (int) CLOSE.invokeExact(errno, descriptor));
    }

    private interface Call {
        int run(MemorySegment errno) throws Throwable;
    }

    /** 0, or the error number. */
    private static int call(Call call) {
        try (var arena = Arena.ofConfined()) {
            var errno = arena.allocate(Linker.Option.captureStateLayout());
            return call.run(errno) < 0 ? (int) ERRNO_VALUE.get(errno, 0L) : 0;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(int fault) {
        return switch (fault) {
            case 1 -> "operation not permitted";
            case 2 -> "no such file or directory";
            case 13 -> "permission denied";
            case 16 -> "busy";
            case 17 -> "it exists";
            case 19 -> "no such device or file system type";
            case 20 -> "not a directory";
            case 22 -> "invalid argument";
            case 28 -> "no space left";
            case 30 -> "read-only file system";
            case 38 -> "the kernel does not know this call";
            default -> "error " + fault;
        };
    }

    /** Uid and gid of a file, or of a link itself. */
    static void own(Path path, int id) throws IOException {
        Files.setAttribute(path, "unix:uid", id, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:gid", id, LinkOption.NOFOLLOW_LINKS);
    }
}
