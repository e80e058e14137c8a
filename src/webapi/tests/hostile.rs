//! Strangers, and accounts that want what is another's.

use mox_httpserver::StatusCode;
use serde_json::json;

use super::{House, basic, mail};

#[tokio::test]
async fn who_does_not_log_in_gets_nothing() {
    let house = House::new();
    let wrong = basic("amy@here.example", "wrong");
    let nobody = basic("eve@here.example", "secret");
    for field in
        [None, Some(wrong.as_str()), Some(&nobody), Some("Basic"), Some("Basic ???"), Some("Bearer x")]
    {
        let mut fields = vec![("content-type", "application/json")];
        fields.extend(field.map(|field| ("authorization", field)));
        let (status, _) = house.ask("POST", "v0/SuppressionList", &fields, b"{}").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{field:?}");
    }
    let right = basic("amy@here.example", "secret");
    let twice =
        [("authorization", right.as_str()), ("authorization", &right), ("content-type", "application/json")];
    let (status, _) = house.ask("POST", "v0/SuppressionList", &twice, b"{}").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn no_account_reaches_what_another_has() {
    let house = House::new();
    let mut request = mail(&["carol@there.example"]);
    request["SaveSent"] = json!(true);
    let (_, sent) = house.call("amy", "Send", request).await;
    let id = &sent["Submissions"][0]["QueueMsgID"];
    let from_id = &sent["Submissions"][0]["FromID"];
    for asked in [json!({ "QueueMsgIDs": [id] }), json!({ "FromID": from_id })] {
        let (status, states) = house.call("bob", "QueueState", asked).await;
        assert_eq!((status, states), (StatusCode::OK, json!({ "Messages": [] })));
    }
    for (method, request) in [
        ("MessageGet", json!({ "MsgID": 1 })),
        ("MessageRawGet", json!({ "MsgID": 1 })),
        ("MessagePartGet", json!({ "MsgID": 1, "PartPath": [] })),
        ("MessageDelete", json!({ "MsgID": 1 })),
        ("MessageFlagsAdd", json!({ "MsgID": 1, "Flags": ["\\Deleted"] })),
        ("MessageFlagsRemove", json!({ "MsgID": 1, "Flags": ["\\Seen"] })),
        ("MessageMove", json!({ "MsgID": 1, "DestMailboxName": "Inbox" })),
    ] {
        assert_eq!(house.refused("bob", method, request.clone()).await, "messageNotFound", "{method}");
        let nowhere = json!({ "MsgID": 99, "Flags": [], "DestMailboxName": "Inbox", "PartPath": [] });
        let mut missing = request.clone();
        missing["MsgID"] = nowhere["MsgID"].clone();
        assert_eq!(house.refused("amy", method, missing).await, "messageNotFound", "{method}");
        let mut account = request;
        account["Account"] = json!("amy");
        assert_eq!(house.refused("bob", method, account).await, "protocol", "{method}");
    }
    let carol = json!({ "EmailAddress": "carol@there.example" });
    house.call("amy", "SuppressionAdd", carol.clone()).await;
    assert_eq!(house.call("bob", "SuppressionList", json!({})).await.1, json!({ "Suppressions": [] }));
    assert_eq!(house.call("bob", "SuppressionPresent", carol.clone()).await.1, json!({ "Present": false }));
    assert_eq!(house.refused("bob", "SuppressionRemove", carol.clone()).await, "user");
    assert_eq!(house.call("amy", "SuppressionPresent", carol.clone()).await.1, json!({ "Present": true }));
    assert_eq!(house.call("amy", "SuppressionRemove", carol).await.0, StatusCode::OK);
}

#[tokio::test]
async fn messages_are_flagged_moved_and_deleted() {
    let house = House::new();
    let mut request = mail(&["carol@there.example"]);
    request["SaveSent"] = json!(true);
    house.call("amy", "Send", request).await;
    let flags = json!({ "MsgID": 1, "Flags": ["\\Flagged", "Done"] });
    assert_eq!(house.call("amy", "MessageFlagsAdd", flags.clone()).await.0, StatusCode::OK);
    let got = house.call("amy", "MessageGet", json!({ "MsgID": 1 })).await.1;
    assert_eq!(got["Meta"]["Flags"], json!(["\\Seen", "\\Flagged", "done"]));
    let seen = json!({ "MsgID": 1, "Flags": ["\\seen"] });
    assert_eq!(house.call("amy", "MessageFlagsRemove", seen).await.0, StatusCode::OK);
    let bad = json!({ "MsgID": 1, "Flags": ["no keyword"] });
    assert_eq!(house.refused("amy", "MessageFlagsAdd", bad).await, "user");
    let nowhere = json!({ "MsgID": 1, "DestMailboxName": "Nowhere" });
    assert_eq!(house.refused("amy", "MessageMove", nowhere).await, "user");
    let (_, moved) =
        house.call("amy", "MessageMove", json!({ "MsgID": 1, "DestMailboxName": "Inbox" })).await;
    let id = moved["MsgID"].as_i64().unwrap();
    assert_eq!(house.refused("amy", "MessageGet", json!({ "MsgID": 1 })).await, "messageNotFound");
    let got = house.call("amy", "MessageGet", json!({ "MsgID": id })).await.1;
    assert_eq!(
        (&got["Meta"]["MailboxName"], &got["Meta"]["Flags"]),
        (&json!("Inbox"), &json!(["\\Flagged", "done"]))
    );
    let part = json!({ "MsgID": id, "PartPath": [7] });
    assert_eq!(house.refused("amy", "MessagePartGet", part).await, "partNotFound");
    assert_eq!(house.call("amy", "MessageDelete", json!({ "MsgID": id })).await.0, StatusCode::OK);
    assert_eq!(house.refused("amy", "MessageGet", json!({ "MsgID": id })).await, "messageNotFound");
}
