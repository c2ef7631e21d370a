package io.nimbus.samples.hello;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/**
 * An app as an executable jar: says hello on {@code $PORT} and shows one variable of its
 * environment at {@code /env?NAME}.
 */
public final class Hello {
    private Hello() {}

    public static void main(String[] arguments) throws IOException {
        var port = Integer.parseInt(System.getenv("PORT"));
        var server = HttpServer.create(new InetSocketAddress(port), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange ->
                        respond(
                                exchange,
                                "hello from Java "
                                        + Runtime.version().feature()
                                        + ", instance "
                                        + System.getenv().getOrDefault("CF_INSTANCE_INDEX", "?")));
        server.createContext(
                "/env",
                exchange -> {
                    var name = exchange.getRequestURI().getQuery();
                    respond(exchange, name == null ? "" : System.getenv().getOrDefault(name, ""));
                });
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> {
                            System.out.println("stopping");
                            server.stop(1);
                        }));
        server.start();
        System.out.println("listening on " + port);
    }

    private static void respond(HttpExchange exchange, String text) throws IOException {
        try (exchange) {
            System.out.println(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            var body = (text + "\n").getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
