package io.nimbus.uaa.external;

import com.nimbusds.jwt.JWTClaimsSet;
import io.nimbus.uaa.groups.GroupStore;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.users.User;
import io.nimbus.uaa.users.UserStore;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Users of other providers, made when they first come and brought up to date whenever they do. A
 * user is known by the provider's id ({@code sub}); one that was made by hand under the same name,
 * and has not been taken yet, is taken.
 */
final class Newcomers {
    private static final int LONGEST = 255;

    private final Ids ids;
    private final InstantSource clock;

    Newcomers(Ids ids, InstantSource clock) {
        this.ids = ids;
        this.clock = clock;
    }

    /** What the provider says about a person. */
    private record Person(
            String subject,
            String userName,
            String email,
            @Nullable String givenName,
            @Nullable String familyName,
            boolean verified,
            List<String> groups) {}

    User welcome(DSLContext dsl, ProviderConfig provider, JWTClaimsSet claims)
            throws ProviderException {
        var person = person(provider, claims);
        var known = known(dsl, provider, person);
        if (known.isPresent() && !known.get().active()) {
            throw new ProviderException("the user is not active here: " + person.userName());
        }
        if (known.isEmpty() && !provider.createUsers()) {
            throw new ProviderException("the user is not known here: " + person.userName());
        }
        var namesake = UserStore.findByName(dsl, provider.origin(), person.userName());
        if (namesake.isPresent() && !namesake.get().id().equals(known.map(User::id).orElse(""))) {
            throw new ProviderException("the name is another user's: " + person.userName());
        }
        var now = clock.instant();
        var user = known.map(u -> current(u, person, now)).orElse(null);
        if (user == null) {
            user = fresh(provider, person, now);
            UserStore.insert(dsl, user);
        } else if (!user.equals(known.orElseThrow())) {
            UserStore.update(dsl, user);
        }
        UserStore.logon(dsl, user.id(), now);
        GroupStore.replaceOf(dsl, user.id(), provider.origin(), groups(dsl, provider, person), now);
        return user;
    }

    private static Optional<User> known(DSLContext dsl, ProviderConfig provider, Person person) {
        return UserStore.findByExternalId(dsl, provider.origin(), person.subject())
                .or(() ->
                        UserStore.findByName(dsl, provider.origin(), person.userName())
                                .filter(user -> user.externalId() == null));
    }

    private static Set<String> groups(DSLContext dsl, ProviderConfig provider, Person person) {
        var groups = new HashSet<>(GroupStore.standingFor(dsl, provider.origin(), person.groups()));
        person.groups().stream()
                .map(provider.groups()::get)
                .filter(Objects::nonNull)
                .flatMap(name -> GroupStore.findByName(dsl, name).stream())
                .forEach(group -> groups.add(group.id()));
        return groups;
    }

    private static Person person(ProviderConfig provider, JWTClaimsSet claims)
            throws ProviderException {
        try {
            var email = text(claims, provider.emailClaim());
            var name = text(claims, provider.userNameClaim());
            if (name == null) {
                name = email == null ? claims.getSubject() : email;
            }
            var groups = claims.getStringListClaim(provider.groupsClaim());
            return new Person(
                    claims.getSubject(),
                    name,
                    email == null ? name : email,
                    text(claims, "given_name"),
                    text(claims, "family_name"),
                    Boolean.TRUE.equals(claims.getBooleanClaim("email_verified")),
                    groups == null ? List.of() : List.copyOf(groups));
        } catch (ParseException e) {
            throw new ProviderException("a claim has another form: " + e.getMessage());
        }
    }

    private static @Nullable String text(JWTClaimsSet claims, String name)
            throws ParseException, ProviderException {
        var text = claims.getStringClaim(name);
        if (text != null
                && (text.length() > LONGEST
                        || text.codePoints().anyMatch(Character::isISOControl))) {
            throw new ProviderException("a claim is not a name: " + name);
        }
        return text == null || text.isBlank() ? null : text;
    }

    private User fresh(ProviderConfig provider, Person person, Instant now) {
        return new User(
                ids.guid(),
                provider.origin(),
                person.userName(),
                person.subject(),
                person.givenName(),
                person.familyName(),
                person.email(),
                null,
                null,
                now,
                false,
                true,
                person.verified(),
                ids.id(),
                null,
                null,
                now,
                now,
                0);
    }

    /** The user with what the provider says now; itself when that is the same. */
    private static User current(User user, Person person, Instant now) {
        if (person.userName().equals(user.userName())
                && person.subject().equals(user.externalId())
                && person.email().equals(user.email())
                && Objects.equals(person.givenName(), user.givenName())
                && Objects.equals(person.familyName(), user.familyName())
                && person.verified() == user.verified()) {
            return user;
        }
        return new User(
                user.id(),
                user.origin(),
                person.userName(),
                person.subject(),
                person.givenName(),
                person.familyName(),
                person.email(),
                user.phoneNumber(),
                user.password(),
                user.passwordModified(),
                user.passwordChangeRequired(),
                user.active(),
                person.verified(),
                user.revision(),
                user.lastLogon(),
                user.previousLogon(),
                user.created(),
                now,
                user.version() + 1);
    }
}
