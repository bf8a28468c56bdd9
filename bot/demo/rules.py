"""Which methods there are, which fields they take, and of which type.

Written in a notation of our own, one field a word: ``name:type``, ``name!:type`` when required,
``int|str`` for either, ``[str]`` for an array. A test compares the table with Telegram's
published schema (Bot API 10.1), so that a slip of ours cannot refuse what Telegram accepts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a method or of an object."""

    name: str
    types: tuple[str, ...]
    required: bool


def _fields(notation: str) -> dict[str, Field]:
    fields = {}
    for word in notation.split():
        name, _, types = word.partition(":")
        bare = name.removesuffix("!")
        fields[bare] = Field(bare, tuple(types.split("|")), required=name.endswith("!"))
    return fields


_ANY_MARKUP = "InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply"
_WHERE = (
    "business_connection_id:str chat_id!:int|str message_thread_id:int direct_messages_topic_id:int"
)
_HOW = (
    "disable_notification:bool protect_content:bool allow_paid_broadcast:bool"
    " message_effect_id:str suggested_post_parameters:SuggestedPostParameters"
    f" reply_parameters:ReplyParameters reply_markup:{_ANY_MARKUP}"
)
_CAPTION = "caption:str parse_mode:str caption_entities:[MessageEntity]"
_EDITED = "business_connection_id:str chat_id:int|str message_id:int inline_message_id:str"
_ONE_CHAT = "chat_id!:int|str"
_ONE_MESSAGE = "chat_id!:int|str message_id!:int"
_FOR_WHOM = "scope:BotCommandScope language_code:str"

METHODS: dict[str, dict[str, Field]] = {
    name: _fields(notation)
    for name, notation in {
        "getMe": "",
        "logOut": "",
        "close": "",
        "getUpdates": "offset:int limit:int timeout:int allowed_updates:[str]",
        "setWebhook": "url!:str certificate:file ip_address:str max_connections:int"
        " allowed_updates:[str] drop_pending_updates:bool secret_token:str",
        "deleteWebhook": "drop_pending_updates:bool",
        "getWebhookInfo": "",
        "sendMessage": f"{_WHERE} text!:str parse_mode:str entities:[MessageEntity]"
        f" link_preview_options:LinkPreviewOptions {_HOW}",
        "sendPhoto": f"{_WHERE} photo!:file|str {_CAPTION} show_caption_above_media:bool"
        f" has_spoiler:bool {_HOW}",
        "sendDocument": f"{_WHERE} document!:file|str thumbnail:file|str {_CAPTION}"
        f" disable_content_type_detection:bool {_HOW}",
        "editMessageText": f"{_EDITED} text:str parse_mode:str entities:[MessageEntity]"
        " link_preview_options:LinkPreviewOptions rich_message:InputRichMessage"
        " reply_markup:InlineKeyboardMarkup",
        "editMessageMedia": f"{_EDITED} media!:InputMedia reply_markup:InlineKeyboardMarkup",
        "editMessageReplyMarkup": f"{_EDITED} reply_markup:InlineKeyboardMarkup",
        "deleteMessage": _ONE_MESSAGE,
        "sendChatAction": "business_connection_id:str chat_id!:int|str message_thread_id:int"
        " action!:str",
        "answerCallbackQuery": "callback_query_id!:str text:str show_alert:bool url:str"
        " cache_time:int",
        "answerInlineQuery": "inline_query_id!:str results!:[InlineQueryResult] cache_time:int"
        " is_personal:bool next_offset:str button:InlineQueryResultsButton",
        "setMessageReaction": f"{_ONE_MESSAGE} reaction:[ReactionType] is_big:bool",
        "pinChatMessage": f"business_connection_id:str {_ONE_MESSAGE} disable_notification:bool",
        "unpinChatMessage": f"business_connection_id:str {_ONE_CHAT} message_id:int",
        "setMyCommands": f"commands!:[BotCommand] {_FOR_WHOM}",
        "getMyCommands": _FOR_WHOM,
        "deleteMyCommands": _FOR_WHOM,
        "setMyName": "name:str language_code:str",
        "getMyName": "language_code:str",
        "setMyDescription": "description:str language_code:str",
        "getMyDescription": "language_code:str",
        "setMyShortDescription": "short_description:str language_code:str",
        "getMyShortDescription": "language_code:str",
        "setChatMenuButton": "chat_id:int menu_button:MenuButton",
        "getChat": _ONE_CHAT,
        "getChatMember": f"{_ONE_CHAT} user_id!:int",
        "getChatAdministrators": f"{_ONE_CHAT} return_bots:bool",
        "leaveChat": _ONE_CHAT,
    }.items()
}

# Objects whose insides are checked too; any other object is taken as it comes.
OBJECTS: dict[str, dict[str, Field]] = {
    name: _fields(notation)
    for name, notation in {
        "InlineKeyboardMarkup": "inline_keyboard!:[[InlineKeyboardButton]]",
        "InlineKeyboardButton": "text!:str icon_custom_emoji_id:str style:str url:str"
        " callback_data:str web_app:WebAppInfo login_url:LoginUrl switch_inline_query:str"
        " switch_inline_query_current_chat:str"
        " switch_inline_query_chosen_chat:SwitchInlineQueryChosenChat"
        " copy_text:CopyTextButton callback_game:CallbackGame pay:bool",
        "LinkPreviewOptions": "is_disabled:bool url:str prefer_small_media:bool"
        " prefer_large_media:bool show_above_text:bool",
        "ReplyParameters": "message_id!:int chat_id:int|str allow_sending_without_reply:bool"
        " quote:str quote_parse_mode:str quote_entities:[MessageEntity] quote_position:int"
        " checklist_task_id:int poll_option_id:str",
        "MessageEntity": "type!:str offset!:int length!:int url:str user:User language:str"
        " custom_emoji_id:str unix_time:int date_time_format:str",
        "BotCommand": "command!:str description!:str",
        "InlineQueryResultsButton": "text!:str web_app:WebAppInfo start_parameter:str",
    }.items()
}

# Telegram has its own sentence for some missing fields; the others get a general one.
MISSING: dict[str, str] = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "user_id": "invalid user_id specified",
    "action": "wrong parameter action in request",
    "photo": "there is no photo in the request",
    "media": "there is no media in the request",
    "document": "there is no document in the request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
}

# The Bot API server lowers a method's name before it looks it up.
METHOD_BY_LOWER_NAME: dict[str, str] = {name.lower(): name for name in METHODS}

CHAT_ACTIONS: frozenset[str] = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)

UPDATE_KINDS: frozenset[str] = frozenset(
    [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "message_reaction",
        "message_reaction_count",
        "chat_boost",
        "removed_chat_boost",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "purchased_paid_media",
    ]
)

# What a bot gets only when it asks for it by name.
UNASKED_KINDS: frozenset[str] = frozenset(
    {"chat_member", "message_reaction", "message_reaction_count"}
)
