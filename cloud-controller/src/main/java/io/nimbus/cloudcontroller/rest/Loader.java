package io.nimbus.cloudcontroller.rest;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.rowNumber;

import io.nimbus.cloudcontroller.rest.ListOptions.Inlining;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SelectFieldOrAsterisk;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Rows to documents, relations written out as deep as was asked for. The number of statements
 * depends on the declaration and the depth, never on how many rows there are: every relation of a
 * level is loaded for all rows of that level at once.
 */
final class Loader {
    /** A relation with more members than this stays an address. */
    private static final int MOST_INLINED = 50;

    private final Resources resources;

    Loader(Resources resources) {
        this.resources = resources;
    }

    /** A resource on its way to a document. */
    static final class Node {
        final Record row;
        final String guid;
        final String url;
        final Map<String, @Nullable Object> attributes;
        final Map<String, Object> inlined = new HashMap<>();
        final Map<String, @Nullable Object> document = new LinkedHashMap<>();

        Node(Record row, String guid, String url, Map<String, @Nullable Object> attributes) {
            this.row = row;
            this.guid = guid;
            this.url = url;
            this.attributes = attributes;
        }
    }

    /** What must be selected to show rows to this caller. */
    List<SelectFieldOrAsterisk> columns(Resource resource, Caller caller) {
        var fields = new LinkedHashSet<Field<?>>();
        fields.add(resource.id());
        fields.add(resource.guid());
        fields.add(resource.createdAt());
        if (resource.updatedAt() != null) {
            fields.add(resource.updatedAt());
        }
        if (resource.pathOfRow() != null) {
            fields.add(resource.pathOfRow());
        }
        for (var member : resource.members()) {
            switch (member) {
                case Attribute<?> attribute -> fields.addAll(attribute.needs(caller));
                case ToOne relation -> {
                    fields.add(relation.column());
                    if (relation.path() != null) {
                        fields.add(relation.path());
                    }
                }
            }
        }
        for (var link : resource.links()) {
            fields.addAll(link.needs(caller));
        }
        return List.copyOf(fields);
    }

    /** The rows' attributes, without addresses and relations. */
    List<Map<String, @Nullable Object>> entities(
            Resource resource, Collection<? extends Record> rows, Caller caller) {
        return nodes(resource, rows, caller).stream().map(node -> node.attributes).toList();
    }

    /**
     * @param orphans where inlined resources go, by guid, when they are to stand apart
     */
    List<Map<String, @Nullable Object>> documents(
            DSLContext dsl,
            Resource resource,
            Collection<? extends Record> rows,
            Caller caller,
            Inlining inlining,
            Map<String, Object> orphans) {
        var nodes = nodes(resource, rows, caller);
        expand(
                dsl,
                resource,
                nodes,
                caller,
                inlining,
                inlining.depth(),
                Set.of(resource.name()),
                orphans);
        return nodes.stream().map(node -> node.document).toList();
    }

    private List<Node> nodes(Resource resource, Collection<? extends Record> rows, Caller caller) {
        var nodes = new ArrayList<Node>(rows.size());
        for (var record : rows) {
            var row = new Row(record, caller);
            var guid = Objects.requireNonNull(record.get(resource.guid()));
            var entity = new LinkedHashMap<String, @Nullable Object>();
            for (var member : resource.members()) {
                switch (member) {
                    case Attribute<?> attribute -> {
                        if (attribute.isShown()) {
                            entity.put(attribute.key(), attribute.read(row));
                        }
                    }
                    case ToOne relation ->
                            entity.put(relation.key(), record.get(relation.column()));
                }
            }
            var path =
                    resource.pathOfRow() == null
                            ? resource.path()
                            : record.get(resource.pathOfRow());
            nodes.add(new Node(record, guid, path + "/" + guid, entity));
        }
        var enrichment = resource.enrichment();
        if (enrichment != null && !nodes.isEmpty()) {
            var entities = new LinkedHashMap<String, Map<String, @Nullable Object>>();
            nodes.forEach(node -> entities.put(node.guid, node.attributes));
            enrichment.accept(caller, entities);
        }
        return nodes;
    }

    private void expand(
            DSLContext dsl,
            Resource resource,
            List<Node> nodes,
            Caller caller,
            Inlining inlining,
            int depth,
            Set<String> above,
            Map<String, Object> orphans) {
        if (depth > 0 && !nodes.isEmpty()) {
            for (var relation : resource.toOne()) {
                if (!relation.isLinkOnly()
                        && !above.contains(relation.target())
                        && inlining.covers(relation.name())) {
                    var guids = new HashSet<String>();
                    nodes.forEach(node -> add(guids, node.row.get(relation.column())));
                    var found =
                            load(
                                    dsl,
                                    relation.target(),
                                    guids,
                                    false,
                                    caller,
                                    inlining,
                                    depth - 1,
                                    above,
                                    orphans);
                    for (var node : nodes) {
                        var other = found.get(node.row.get(relation.column()));
                        if (other != null) {
                            if (inlining.orphans()) {
                                orphans.put(other.guid, other.document);
                            } else {
                                node.inlined.put(relation.name(), other.document);
                            }
                        }
                    }
                }
            }
            for (var relation : resource.toMany()) {
                if (!relation.isLinkOnly()
                        && !above.contains(relation.target())
                        && inlining.covers(relation.name())) {
                    inlineMany(dsl, relation, nodes, caller, inlining, depth, above, orphans);
                }
            }
        }
        nodes.forEach(node -> finish(resource, node, caller));
    }

    private void inlineMany(
            DSLContext dsl,
            ToMany relation,
            List<Node> nodes,
            Caller caller,
            Inlining inlining,
            int depth,
            Set<String> above,
            Map<String, Object> orphans) {
        var parents = new LinkedHashSet<String>();
        nodes.forEach(node -> parents.add(node.guid));
        var members = members(dsl, relation, parents, caller);
        var guids = new HashSet<String>();
        members.values().stream()
                .filter(list -> list.size() <= MOST_INLINED)
                .forEach(guids::addAll);
        var found =
                load(
                        dsl,
                        relation.target(),
                        guids,
                        relation.isVisibleWithParent(),
                        caller,
                        inlining,
                        depth - 1,
                        above,
                        orphans);
        for (var node : nodes) {
            var own = members.getOrDefault(node.guid, List.of());
            if (own.size() > MOST_INLINED) {
                continue;
            }
            var list = new ArrayList<Object>();
            for (var guid : own) {
                var other = found.get(guid);
                if (other != null) {
                    if (inlining.orphans()) {
                        orphans.put(guid, other.document);
                        list.add(guid);
                    } else {
                        list.add(other.document);
                    }
                }
            }
            node.inlined.put(relation.name(), list);
        }
    }

    /** Each parent's visible members in order of creation, one more than is inlined at most. */
    private Map<String, List<String>> members(
            DSLContext dsl, ToMany relation, Set<String> parents, Caller caller) {
        var target = resources.named(relation.target());
        var link = relation.link();
        var parent = link.parent().as("parent");
        var member = target.guid().as("member");
        var rank = rowNumber().over(DSL.partitionBy(link.parent()).orderBy(target.id())).as("rank");
        var pairs =
                link.source().equals(target.table())
                        ? DSL.select(parent, member, rank).from(target.table())
                        : DSL.select(parent, member, rank)
                                .from(link.source())
                                .join(target.table())
                                .on(target.guid().eq(link.member()));
        var ranked =
                pairs.where(link.parent().eq(DSL.any(parents.toArray(String[]::new))))
                        .and(link.only())
                        .and(target.only())
                        .and(
                                relation.isVisibleWithParent()
                                        ? DSL.noCondition()
                                        : visible(target, caller))
                        .asTable("ranked");
        var members = new HashMap<String, List<String>>();
        dsl.select(
                        field(name("ranked", "parent"), String.class),
                        field(name("ranked", "member"), String.class))
                .from(ranked)
                .where(field(name("ranked", "rank"), Integer.class).le(MOST_INLINED + 1))
                .orderBy(field(name("ranked", "rank")))
                .forEach(pair ->
                        members.computeIfAbsent(pair.value1(), p -> new ArrayList<>())
                                .add(pair.value2()));
        return members;
    }

    /**
     * @param whole all of them; else those that the caller sees
     */
    private Map<String, Node> load(
            DSLContext dsl,
            String name,
            Set<String> guids,
            boolean whole,
            Caller caller,
            Inlining inlining,
            int depth,
            Set<String> above,
            Map<String, Object> orphans) {
        if (guids.isEmpty()) {
            return Map.of();
        }
        var resource = resources.named(name);
        var rows =
                dsl.select(columns(resource, caller))
                        .from(resource.table())
                        .where(resource.guid().eq(DSL.any(guids.toArray(String[]::new))))
                        .and(resource.only())
                        .and(whole ? DSL.noCondition() : visible(resource, caller))
                        .fetch();
        var nodes = nodes(resource, rows, caller);
        var deeper = new HashSet<>(above);
        deeper.add(name);
        expand(dsl, resource, nodes, caller, inlining, depth, deeper, orphans);
        var byGuid = new HashMap<String, Node>();
        nodes.forEach(node -> byGuid.put(node.guid, node));
        return byGuid;
    }

    private void finish(Resource resource, Node node, Caller caller) {
        var metadata = new LinkedHashMap<String, @Nullable Object>();
        metadata.put("guid", node.guid);
        metadata.put("url", node.url);
        metadata.put("created_at", Json.time(node.row.get(resource.createdAt())));
        if (resource.updatedAt() != null) {
            metadata.put("updated_at", Json.time(node.row.get(resource.updatedAt())));
        }
        var entity = node.attributes;
        for (var relation : resource.toOne()) {
            var guid = node.row.get(relation.column());
            if (guid != null) {
                var path =
                        relation.path() == null
                                ? resources.named(relation.target()).path()
                                : node.row.get(relation.path());
                entity.put(relation.name() + "_url", path + "/" + guid);
                if (node.inlined.containsKey(relation.name())) {
                    entity.put(relation.name(), node.inlined.get(relation.name()));
                }
            }
        }
        for (var relation : resource.toMany()) {
            entity.put(relation.name() + "_url", node.url + "/" + relation.name());
            if (node.inlined.containsKey(relation.name())) {
                entity.put(relation.name(), node.inlined.get(relation.name()));
            }
        }
        var row = new Row(node.row, caller);
        for (var link : resource.links()) {
            entity.put(link.key(), link.read(row));
        }
        node.document.put("metadata", metadata);
        node.document.put("entity", entity);
    }

    static Condition visible(Resource resource, Caller caller) {
        return resource.allowed(Resource.Right.READ, caller);
    }

    private static void add(Set<String> guids, @Nullable String guid) {
        if (guid != null) {
            guids.add(guid);
        }
    }
}
