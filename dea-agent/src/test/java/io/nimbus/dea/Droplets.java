package io.nimbus.dea;

import com.sun.net.httpserver.HttpServer;
import io.nimbus.servers.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A server of droplets, and the small apps in them. */
final class Droplets implements AutoCloseable {
    /** Answers everything, and does what its paths say. */
    static final String SERVER =
            """
            use strict; use IO::Socket::INET; $| = 1;
            $SIG{TERM} = $ENV{STUBBORN} ? 'IGNORE' : sub { print "got TERM\\n"; exit 0 };
            my $s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => $ENV{PORT}, Listen => 50, ReuseAddr => 1) or die $!;
            print "listening\\n"; print STDERR "on the error stream\\n";
            if ($ENV{TICK} && fork == 0) { my $i = 0; while (getppid > 1) { print "tick " . $i++ . "\\n"; select(undef, undef, undef, 0.02) } exit }
            while (1) {
              my $c = $s->accept or next;
              my $request = <$c>; next unless $request;
              while (my $h = <$c>) { last if $h =~ /^\\r?\\n$/ }
              my ($path) = $request =~ m{^GET (\\S+)};
              my $body = "hello from $ENV{CF_INSTANCE_INDEX}\\n";
              $body = join("\\0", map { "$_=$ENV{$_}" } sort keys %ENV) if $path eq '/env';
              $body = $$ if $path eq '/pid';
              my $status = ($path eq '/down') ? '503 Down' : '200 OK';
              print $c "HTTP/1.0 $status\\r\\nContent-Length: " . length($body) . "\\r\\n\\r\\n$body"; close $c;
              exit $1 if $path =~ m{^/exit/(\\d+)};
              kill 9, $$ if $path eq '/die';
              if ($path eq '/eat') { my @a; push @a, "x" x 4000000 while 1 }
              if ($path eq '/fill') { open my $f, '>', "$ENV{TMPDIR}/big"; print $f "x" x 1000000 for 1..60; close $f }
              if ($path =~ m{^/say/(\\d+)}) { print "line $_\\n" for 1..$1 }
            }
            """;

    private final HttpServer http;
    private final Path folder;
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    final AtomicInteger requests = new AtomicInteger();
    volatile Duration delay = Duration.ZERO;

    record Droplet(String sha1, String address) {}

    Droplets(Path folder) throws IOException {
        this.folder = folder;
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext(
                "/",
                exchange -> {
                    requests.incrementAndGet();
                    var body = files.get(exchange.getRequestURI().getPath());
                    var user = exchange.getRequestHeaders().getFirst("Authorization");
                    try (exchange) {
                        if (!delay.isZero()) {
                            Thread.sleep(delay);
                        }
                        if (body == null || !"Basic dTpw".equals(user)) {
                            exchange.sendResponseHeaders(body == null ? 404 : 401, -1);
                            return;
                        }
                        var path = exchange.getRequestURI().getPath();
                        exchange.sendResponseHeaders(200, body.length);
                        if (path.startsWith("/cut")) {
                            exchange.getResponseBody().write(body, 0, body.length / 2);
                            return;
                        }
                        if (path.startsWith("/hang")) {
                            exchange.getResponseBody().write(body, 0, body.length / 2);
                            exchange.getResponseBody().flush();
                            Thread.sleep(Duration.ofSeconds(20));
                        }
                        exchange.getResponseBody().write(body);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        http.start();
    }

    String address(String path) {
        return "http://u:p@127.0.0.1:" + http.getAddress().getPort() + path;
    }

    Droplet serve(String path, byte[] body) throws Exception {
        files.put(path, body);
        return new Droplet(
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(body)),
                address(path));
    }

    /** A droplet of these files, by path in it. */
    Droplet of(Map<String, String> content) throws Exception {
        var source = Files.createTempDirectory(folder, "droplet");
        for (var sub : new String[] {"app", "logs", "tmp"}) {
            Files.createDirectories(source.resolve(sub));
        }
        for (var entry : content.entrySet()) {
            var file = source.resolve(entry.getKey());
            Files.createDirectories(file.getParent());
            Files.writeString(file, entry.getValue());
        }
        var archive = folder.resolve(source.getFileName() + ".tgz");
        var outcome =
                Command.run(
                        Duration.ofSeconds(60),
                        "tar",
                        "czf",
                        archive.toString(),
                        "-C",
                        source.toString(),
                        ".");
        if (!outcome.ok()) {
            throw new IOException(outcome.output());
        }
        return serve("/" + source.getFileName(), Files.readAllBytes(archive));
    }

    Droplet server() throws Exception {
        return of(
                Map.of(
                        "app/server.pl",
                        SERVER,
                        "app/.profile.d/a.sh",
                        "export FROM_PROFILE=\"$USER_SET and $HOME\"\n",
                        "logs/staging_task.log",
                        "staged\n",
                        "staging_info.yml",
                        "detected_buildpack: perl\nstart_command: exec perl server.pl\n"));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
