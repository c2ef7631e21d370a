package io.nimbus.uaa.browser;

import io.javalin.http.Context;
import io.nimbus.uaa.web.UaaException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pages: plain forms that work without scripts, with a keyboard and with a screen reader.
 *
 * <p>No {@code form-action} in the policy: browsers apply it to the redirects after a form, too,
 * and those lead to the clients.
 */
public final class Pages {
    private static final String POLICY =
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

    private Pages() {}

    /** Another identity provider that a person may choose. */
    public record Link(String href, String text) {}

    /** Whether a person looks at the answer. */
    public static boolean wanted(Context ctx) {
        var accept = ctx.header("Accept");
        return accept != null && accept.contains("text/html");
    }

    static void answer(Context ctx, String title, Html body) {
        ctx.header("Content-Security-Policy", POLICY);
        ctx.header("X-Frame-Options", "DENY");
        ctx.header("Referrer-Policy", "no-referrer");
        var page =
                new Html()
                        .raw(
                                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                        .raw("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
                        .text(title)
                        .raw("</title>\n<link rel=\"stylesheet\" href=\"/pages/style.css\">\n")
                        .raw("</head>\n<body>\n<main>\n<h1>")
                        .text(title)
                        .raw("</h1>\n")
                        .add(body)
                        .raw("</main>\n</body>\n</html>\n");
        ctx.html(page.toString());
    }

    /** An error, if a person looks at it; the word is for those they ask. */
    public static boolean error(Context ctx, UaaException e) {
        if (!wanted(ctx)) {
            return false;
        }
        answer(
                ctx,
                "This did not work",
                alert(e.description())
                        .raw("<p>")
                        .text(e.error().word())
                        .raw("</p>\n<p><a href=\"/\">To the first page</a></p>\n"));
        return true;
    }

    private static Html alert(@Nullable String message) {
        return message == null
                ? new Html()
                : new Html()
                        .raw("<p class=\"alert\" role=\"alert\" id=\"alert\">")
                        .text(message)
                        .raw("</p>\n");
    }

    private static Html hidden(String name, String value) {
        return new Html()
                .raw("<input type=\"hidden\" name=\"")
                .text(name)
                .raw("\" value=\"")
                .text(value)
                .raw("\">\n");
    }

    private static Html field(
            String name, String label, String type, String autocomplete, boolean first) {
        return new Html()
                .raw("<label for=\"" + name + "\">" + label + "</label>\n<input id=\"" + name)
                .raw("\" name=\"" + name + "\" type=\"" + type + "\" autocomplete=\"")
                .raw(autocomplete + "\" required" + (first ? " autofocus" : "") + ">\n");
    }

    /**
     * @param to where it goes on
     */
    static void login(
            Context ctx, String csrf, String to, @Nullable String message, List<Link> links) {
        var body =
                alert(message)
                        .raw("<form method=\"post\" action=\"/login.do\">\n")
                        .add(hidden("csrf", csrf))
                        .add(hidden("to", to))
                        .add(field("username", "User name", "text", "username", true))
                        .add(field("password", "Password", "password", "current-password", false))
                        .raw("<button class=\"primary\" type=\"submit\">Sign in</button>\n")
                        .raw("</form>\n");
        if (!links.isEmpty()) {
            body.raw("<h2>Other ways</h2>\n<ul class=\"plain\">\n");
            for (var link : links) {
                body.raw("<li><a class=\"button\" href=\"")
                        .text(link.href())
                        .raw("\">")
                        .text(link.text())
                        .raw("</a></li>\n");
            }
            body.raw("</ul>\n");
        }
        answer(ctx, "Sign in", body);
    }

    static void home(Context ctx, String csrf, String user, List<String> clients) {
        var body =
                new Html()
                        .raw("<p>You are signed in as <strong>")
                        .text(user)
                        .raw("</strong>.</p>\n<ul>\n")
                        .raw("<li><a href=\"/passcode\">Passcode for the command line</a></li>\n")
                        .raw("<li><a href=\"/change_password\">Change password</a></li>\n")
                        .raw("<li><a href=\"/logout.do\">Sign out</a></li>\n</ul>\n");
        if (!clients.isEmpty()) {
            body.raw("<h2>What you allowed</h2>\n<ul class=\"plain\">\n");
            for (var client : clients) {
                body.raw("<li><form method=\"post\" action=\"/approvals.do\">\n")
                        .add(hidden("csrf", csrf))
                        .add(hidden("client_id", client))
                        .text(client)
                        .raw(" <button type=\"submit\">Withdraw</button></form></li>\n");
            }
            body.raw("</ul>\n");
        }
        answer(ctx, "Your account", body);
    }

    static void passcode(Context ctx, String code) {
        answer(
                ctx,
                "Temporary Authentication Code",
                new Html()
                        .raw("<p class=\"code\" id=\"passcode\">")
                        .text(code)
                        .raw("</p>\n<p>Good once, within five minutes. Tell it nobody; type it ")
                        .raw("where you asked for it.</p>\n"));
    }

    /**
     * @param action the request with its query, to which the answer is sent
     */
    static void approval(
            Context ctx, String csrf, String action, String client, List<String> scopes) {
        var body =
                new Html()
                        .raw("<p><strong>")
                        .text(client)
                        .raw("</strong> asks to act for you. What may it do?</p>\n")
                        .raw("<form method=\"post\" action=\"")
                        .text(action)
                        .raw("\">\n")
                        .add(hidden("csrf", csrf))
                        .raw("<fieldset>\n<legend>Permissions</legend>\n");
        for (int i = 0; i < scopes.size(); i++) {
            body.raw("<label class=\"choice\" for=\"scope" + i + "\"><input type=\"checkbox\" ")
                    .raw("id=\"scope" + i + "\" name=\"approve\" checked value=\"")
                    .text(scopes.get(i))
                    .raw("\"> ")
                    .text(ScopeTexts.describe(scopes.get(i)))
                    .raw("</label>\n");
        }
        body.raw("</fieldset>\n<button class=\"primary\" type=\"submit\" name=\"decision\" ")
                .raw("value=\"allow\">Allow</button>\n<button type=\"submit\" name=\"decision\" ")
                .raw("value=\"deny\">Deny</button>\n</form>\n");
        answer(ctx, "Allow access?", body);
    }

    static void changePassword(
            Context ctx, String csrf, String to, boolean required, @Nullable String message) {
        var body =
                alert(message)
                        .raw(required ? "<p>Your password must be changed.</p>\n" : "")
                        .raw("<form method=\"post\" action=\"/change_password\">\n")
                        .add(hidden("csrf", csrf))
                        .add(hidden("to", to))
                        .add(field("old", "Current password", "password", "current-password", true))
                        .add(field("new", "New password", "password", "new-password", false))
                        .add(
                                field(
                                        "again",
                                        "New password once more",
                                        "password",
                                        "new-password",
                                        false))
                        .raw(
                                "<button class=\"primary\" type=\"submit\">Change</button>\n</form>\n");
        answer(ctx, "Change password", body);
    }
}
